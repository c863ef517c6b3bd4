import fc from "fast-check";
import { expect, test } from "vitest";
import { aDocument, anAnnotation, anEvent, aPrediction, boxAt } from "./builders";
import { type Command, withExpectations } from "./commands";
import type { Annotation, FeedEvent, ImageDocument } from "./model";
import { overlay } from "./overlay";
import { acknowledge, applyEvents, isBehind, type Reply } from "./reconcile";

const draw = (id: string): Command => ({
  type: "draw_annotation",
  annotation_id: id,
  category_id: "cell",
  geometry: boxAt(1),
});

test("pending edits lie over the server's state and leave it alone", () => {
  const server = aDocument([anAnnotation("a")]);
  const shown = overlay(server, [[draw("b")], [{ type: "delete_annotation", annotation_id: "a" }]], null);
  expect([...shown.annotations.keys()]).toEqual(["b"]);
  expect([...server.annotations.keys()]).toEqual(["a"]);
  expect(shown.state).toBe("in_progress");
});

test("a confirmed edit is not doubled by the overlay, whichever of answer and feed comes first", () => {
  const server = aDocument();
  const drawn = anEvent("annotation.drawn", 2, { annotation_id: "b", category_id: "cell", geometry: boxAt(1) });
  const confirmed = anAnnotation("b", { geometry: boxAt(1), version: 2 });
  const reply = { base_version: 1, version: 2, position: 102, annotations: [confirmed], removed_ids: [] };
  const feedFirst = acknowledge(applyEvents(server, [drawn]) as ImageDocument, [draw("b")], reply);
  const answerFirst = applyEvents(acknowledge(server, [draw("b")], reply), [drawn]) as ImageDocument;
  for (const document of [feedFirst, answerFirst]) {
    expect([document.version, [...document.annotations.keys()]]).toEqual([2, ["b"]]);
    expect(overlay(document, [[draw("b")]], null).annotations.size).toBe(1);
  }
});

test("a late answer does not undo what the feed has told since", () => {
  const ahead = aDocument([anAnnotation("a"), anAnnotation("b")], { version: 5 });
  const late = { base_version: 2, version: 3, position: 103, annotations: [anAnnotation("a")], removed_ids: ["b"] };
  expect([...acknowledge(ahead, [draw("a")], late).annotations.keys()]).toEqual(["a", "b"]);
});

test("every kind of event does to the document what it says", () => {
  const before = aDocument([anAnnotation("a")], { predictions: new Map([["p", aPrediction("p", 0.7)]]) });
  const events: FeedEvent[] = [
    anEvent("annotation.reshaped", 2, { annotation_id: "a", geometry: boxAt(30) }),
    anEvent("annotation.recategorised", 3, { annotation_id: "a", category_id: "plate", from_category_id: "cell" }),
    anEvent("prediction.accepted", 4, {
      prediction_id: "p",
      annotation_id: "q",
      category_id: "cell",
      geometry: boxAt(50),
      confidence: 0.7,
    }),
    anEvent("annotation.deleted", 5, { annotation_id: "q" }),
    anEvent("annotation.restored", 6, {
      annotation: {
        annotation_id: "q",
        category_id: "cell",
        geometry: boxAt(50),
        source: "model",
        confidence: 0.7,
        created_by: "bea",
      },
    }),
    anEvent("image.submitted", 7, {}),
  ];
  const after = applyEvents(before, events) as ImageDocument;
  expect({
    ...after,
    annotations: [...after.annotations.values()],
    predictions: [...after.predictions.keys()],
  }).toEqual({
    version: 7,
    position: 107,
    state: "submitted",
    predictions: [],
    annotations: [
      anAnnotation("a", { geometry: boxAt(30), category_id: "plate", version: 3 }),
      {
        id: "q",
        category_id: "cell",
        geometry: boxAt(50),
        source: "model",
        confidence: 0.7,
        created_by: "bea",
        version: 6,
      },
    ],
  });
});

test("a gap, an unknown annotation and an unknown kind each ask for the document anew", () => {
  const document = aDocument([anAnnotation("a")]);
  expect(applyEvents(document, [anEvent("annotation.deleted", 3, { annotation_id: "a" })])).toBe("refetch");
  expect(applyEvents(document, [anEvent("annotation.reshaped", 2, { annotation_id: "z", geometry: boxAt(1) })])).toBe(
    "refetch",
  );
  expect(applyEvents(document, [anEvent("annotations.imported", 2, {})])).toBe("refetch");
});

test("events arriving twice and late, in any grouping, leave what one delivery leaves", () => {
  const events = Array.from({ length: 12 }, (_, i) =>
    anEvent("annotation.drawn", i + 2, { annotation_id: `n${i}`, category_id: "cell", geometry: boxAt(i) }),
  );
  const once = applyEvents(aDocument(), events) as ImageDocument;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(12), fc.nat(12)), { maxLength: 6 }), (repeats) => {
      let current = aDocument();
      for (const [i, event] of events.entries()) {
        current = applyEvents(current, [event]) as ImageDocument;
        for (const [from, to] of repeats)
          current = applyEvents(current, events.slice(Math.min(from, i), Math.min(to, i + 1))) as ImageDocument;
      }
      expect(current).toEqual(once);
    }),
  );
});

test("an edit expects the version that was seen, unless an earlier edit of the same shape is still out", () => {
  const commands: Command[] = [
    { type: "reshape_annotation", annotation_id: "a", geometry: boxAt(1) },
    { type: "reshape_annotation", annotation_id: "a", geometry: boxAt(2) },
    { type: "delete_annotation", annotation_id: "b" },
  ];
  expect(withExpectations(commands, () => 7, new Set(["b"]))).toEqual([
    { ...commands[0], expected_version: 7 },
    commands[1],
    commands[2],
  ]);
});

/** A server whose picture is edited by several people, told to one of them by answers and by a feed, each at its pace. */
class Shared {
  readonly annotations = new Map<string, Annotation>();
  readonly feed: FeedEvent[] = [];
  version = 1;

  snapshot(): ImageDocument {
    const state = this.version === 1 ? "unlabelled" : "in_progress";
    return aDocument([], {
      version: this.version,
      state,
      annotations: new Map(this.annotations),
      position: this.position,
    });
  }

  get position(): number {
    return 100 + this.version;
  }

  apply(commands: readonly Command[]): Reply {
    const base = { version: this.version, ids: [...this.annotations.keys()] };
    for (const command of commands) this.append(command);
    return {
      base_version: base.version,
      version: this.version,
      position: this.position,
      state: "in_progress",
      annotations: [...this.annotations.values()].filter(({ version }) => version > base.version),
      removed_ids: base.ids.filter((id) => !this.annotations.has(id)),
    };
  }

  private append(command: Command): void {
    if (
      command.type !== "draw_annotation" &&
      command.type !== "reshape_annotation" &&
      command.type !== "delete_annotation"
    )
      throw new Error(`${command.type} is not played here`);
    const { annotation_id: id } = command;
    this.version += 1;
    const data = {
      annotation_id: id,
      category_id: "cell",
      ...("geometry" in command && { geometry: command.geometry }),
    };
    const type = { draw_annotation: "drawn", reshape_annotation: "reshaped", delete_annotation: "deleted" }[
      command.type
    ];
    this.feed.push(anEvent(`annotation.${type}`, this.version, data));
    if (command.type === "delete_annotation") this.annotations.delete(id);
    else
      this.annotations.set(
        id,
        anAnnotation(id, { geometry: command.geometry, version: this.version, created_by: "ana", confidence: null }),
      );
  }
}

test("whenever answers and the feed come, nothing drawn here is out of sight, and in the end all is as on the server", () => {
  const edits = fc.array(fc.tuple(fc.nat(2), fc.nat(5), fc.nat(40)), { minLength: 1, maxLength: 3 });
  const steps = fc.array(
    fc.oneof(
      edits.map((edits) => ({ do: "edit" as const, edits })),
      edits.map((edits) => ({ do: "colleague" as const, edits })),
      fc.constant({ do: "answer" as const }),
      fc.nat(4).map((count) => ({ do: "feed" as const, count })),
      fc.constant({ do: "read" as const }),
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (script) => {
      const server = new Shared();
      let document = server.snapshot();
      let waiting: { commands: Command[]; reply: Reply }[] = [];
      let isStale = false;
      let told = 0;
      const mine = new Set<string>();
      const take = (next: ImageDocument | "refetch") => {
        if (next === "refetch") isStale = true;
        else document = next;
      };
      const read = () => {
        const fresh = server.snapshot();
        if (isStale && fresh.version >= document.version) document = fresh;
        isStale = false;
      };
      const hear = (count: number) => {
        take(applyEvents(document, server.feed.slice(told, told + count)));
        told = Math.min(told + count, server.feed.length);
      };
      const answer = () => {
        const [first, ...rest] = waiting;
        if (!first) return;
        isStale ||= isBehind(document, first.reply);
        document = acknowledge(document, first.commands, first.reply);
        waiting = rest;
      };
      const playable = (edits: [number, number, number][], who: string) => {
        const there = new Set(server.annotations.keys());
        return edits.map(([kind, which, x]): Command => {
          const known = [...there][which];
          if (kind === 0 || !known) {
            const id = `${who}-${server.version}-${there.size}-${x}`;
            there.add(id);
            return { ...draw(id), geometry: boxAt(x) } as Command;
          }
          if (kind === 1) return { type: "reshape_annotation", annotation_id: known, geometry: boxAt(x) };
          there.delete(known);
          return { type: "delete_annotation", annotation_id: known };
        });
      };
      for (const step of script) {
        if (step.do === "edit" || step.do === "colleague") {
          const commands = playable(step.edits, step.do);
          const reply = server.apply(commands);
          if (step.do === "edit") waiting.push({ commands, reply });
          for (const command of commands) {
            const { type, annotation_id: id } = command as Extract<Command, { annotation_id: string }>;
            if (type === "draw_annotation" && step.do === "edit") mine.add(id);
            if (type === "delete_annotation") mine.delete(id);
          }
        } else if (step.do === "answer") answer();
        else if (step.do === "feed") hear(step.count);
        else read();
        const shown = overlay(
          document,
          waiting.map(({ commands }) => commands),
          null,
        );
        expect([...mine].filter((id) => !shown.annotations.has(id))).toEqual([]);
      }
      while (waiting.length > 0) answer();
      hear(server.feed.length);
      read();
      expect({ ...document, claimed_by: undefined }).toEqual({ ...server.snapshot(), claimed_by: undefined });
    }),
    { numRuns: 500 },
  );
});
