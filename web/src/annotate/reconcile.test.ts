import fc from "fast-check";
import { expect, test } from "vitest";
import { aDocument, anAnnotation, anEvent, aPrediction, boxAt } from "./builders";
import { type Command, withExpectations } from "./commands";
import type { FeedEvent, ImageDocument } from "./model";
import { overlay } from "./overlay";
import { acknowledge, applyEvents } from "./reconcile";

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
  const reply = { version: 2, position: 102, annotations: [anAnnotation("b", { geometry: boxAt(1), version: 2 })] };
  const feedFirst = acknowledge(applyEvents(server, [drawn]) as ImageDocument, [draw("b")], reply);
  const answerFirst = applyEvents(acknowledge(server, [draw("b")], reply), [drawn]) as ImageDocument;
  for (const document of [feedFirst, answerFirst]) {
    expect([document.version, [...document.annotations.keys()]]).toEqual([2, ["b"]]);
    expect(overlay(document, [[draw("b")]], null).annotations.size).toBe(1);
  }
});

test("a late answer does not undo what the feed has told since", () => {
  const ahead = aDocument([anAnnotation("a"), anAnnotation("b")], { version: 5 });
  const late = { version: 3, position: 103, annotations: [anAnnotation("a")] };
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
      annotation: { annotation_id: "q", category_id: "cell", geometry: boxAt(50), source: "model", confidence: 0.7 },
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
        created_by: "ana",
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
