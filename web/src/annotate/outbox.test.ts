import "fake-indexeddb/auto";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { anAnnotation, boxAt } from "./builders";
import { type Command, toWire } from "./commands";
import { type Database, type Entry, openDatabase } from "./database";
import { EMPTY } from "./history";
import { newId } from "./ids";
import type { Annotation } from "./model";
import { Outbox, type Outcome } from "./outbox";
import { saveState } from "./saveState";

const open: { outbox: Outbox; db: Database }[] = [];
afterEach(() => {
  for (const { outbox, db } of open.splice(0)) {
    outbox.close();
    db.close();
  }
});

async function start(name: string, send: (entry: Entry) => Promise<Outcome>) {
  const db = await openDatabase(name);
  const outbox = await Outbox.open(db, { send, firstRetry_ms: 1, lastRetry_ms: 4 });
  open.push({ outbox, db });
  return outbox;
}

const draw = (id: string): Command => ({
  type: "draw_annotation",
  annotation_id: id,
  category_id: "c",
  geometry: boxAt(1),
});
const gesture = (image_id: string, commands: Command[]) => ({
  id: newId(),
  image_id,
  mark_id: newId(),
  label: "draw",
  commands,
  made_at_ms: 0,
});

test("a gesture is being kept until the browser has stored it, and waits from then on", async () => {
  const outbox = await start("keeping", () => new Promise(() => {}));
  const said: string[] = [];
  outbox.listen({
    acknowledged() {},
    refused() {},
    changed: () => said.push(saveState(outbox, 7, true).text),
  });
  const adding = outbox.add(gesture("a", [draw("x")]), EMPTY);
  expect(saveState(outbox, 7, true)).toEqual({ kind: "keeping", text: "keeping 1" });
  await adding;
  expect(saveState(outbox, 7, true)).toEqual({ kind: "waiting", text: "1 waiting" });
  expect(said).toEqual(["keeping 1", "1 waiting"]);
  // Killed now, this tab would lose nothing: another life finds it.
  const next = await start("keeping", async () => ({ kind: "unreachable" }));
  expect(next.pending("a").map(({ commands }) => commands)).toEqual([[draw("x")]]);
});

test("a gesture that is answered before the browser has stored it leaves nothing behind", async () => {
  const server = new Server();
  const outbox = await start("quick", async (entry) => server.handle(entry));
  const keys: number[] = [];
  outbox.listen({ acknowledged: (entry) => keys.push(entry.key), refused() {}, changed() {} });
  await outbox.add(gesture("a", [draw("x")]), EMPTY);
  await until(() => outbox.waiting === 0);
  expect(keys, "answered while it was being stored").toEqual([-1]);
  const next = await start("quick", async (entry) => server.handle(entry));
  await next.add(gesture("a", [draw("y")]), EMPTY);
  await until(() => next.waiting === 0);
  expect(server.log.map(({ wire }) => wire)).toEqual(["x", "y"].map((id) => JSON.stringify([draw(id)])));
});

/** A server that keeps what it is told once per key, and forgets to answer when it likes. */
class Server {
  readonly log: { image: string; wire: string }[] = [];
  private readonly answers = new Map<string, { body: string; outcome: Outcome }>();
  version = 0;

  handle(entry: Entry): Outcome {
    const body = JSON.stringify(entry.commands.map(toWire));
    const known = this.answers.get(entry.id);
    if (known) {
      expect(body, "a repeated key carries the same body").toBe(known.body);
      return known.outcome;
    }
    this.version += 1;
    this.log.push({ image: entry.image_id, wire: body });
    const annotations: Annotation[] = entry.commands.flatMap((c) =>
      "annotation_id" in c ? [anAnnotation(c.annotation_id, { version: this.version })] : [],
    );
    const outcome: Outcome = {
      kind: "acknowledged",
      reply: {
        base_version: this.version - 1,
        version: this.version,
        position: this.version,
        annotations,
        removed_ids: [],
      },
    };
    this.answers.set(entry.id, { body, outcome });
    return outcome;
  }
}

const until = async (done: () => boolean) => {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 1));
};

test("nothing is lost, doubled or reordered under random failures and restarts", async () => {
  const kinds = fc.constantFrom("fine", "lost request", "lost answer", "crash");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom("one", "two"), kinds), { minLength: 1, maxLength: 15 }),
      async (script) => {
        const name = newId();
        const server = new Server();
        const faults = script.map(([, kind]) => kind);
        const send = async (entry: Entry): Promise<Outcome> => {
          const fault = faults.shift() ?? "fine";
          await Promise.resolve();
          if (fault === "lost request") return { kind: "unreachable" };
          const outcome = server.handle(entry);
          return fault === "lost answer" ? { kind: "unreachable" } : outcome;
        };
        let outbox = await start(name, send);
        const made: { image: string; wire: string }[] = [];
        for (const [image, kind] of script) {
          const drawn = gesture(image, [draw(newId())]);
          made.push({ image, wire: JSON.stringify(drawn.commands.map(toWire)) });
          const stored = outbox.add(drawn, EMPTY);
          if (kind === "crash") {
            await stored;
            outbox.close();
            outbox = await start(name, send);
          }
        }
        await until(() => outbox.waiting === 0);
        for (const image of ["one", "two"])
          expect(server.log.filter((each) => each.image === image)).toEqual(
            made.filter((each) => each.image === image),
          );
      },
    ),
    { numRuns: 40 },
  );
});

test("a second edit of one shape expects the version that the first one's answer gave", async () => {
  const sent: Command[][] = [];
  const server = new Server();
  server.version = 40;
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const outbox = await start(newId(), async (entry) => {
    if (sent.push([...entry.commands]) === 1) await gate;
    return server.handle(entry);
  });
  await outbox.add(gesture("one", [draw("a")]), EMPTY);
  await outbox.add(gesture("one", [{ type: "reshape_annotation", annotation_id: "a", geometry: boxAt(2) }]), EMPTY);
  release();
  await until(() => outbox.waiting === 0);
  expect(sent[1]).toEqual([
    { type: "reshape_annotation", annotation_id: "a", geometry: boxAt(2), expected_version: 41 },
  ]);
});

test("a refusal is told and dropped; a conflict is kept until the person answers; what follows goes on", async () => {
  const problem = { status: 409, title: "Conflict", detail: "somebody moved it", missed_events: [] };
  const outcomes: Outcome[] = [
    { kind: "refused", problem: { ...problem, status: 422 } },
    { kind: "conflict", problem },
    { kind: "acknowledged", reply: { base_version: 0, version: 1, position: 1, annotations: [], removed_ids: [] } },
  ];
  const name = newId();
  const told: string[] = [];
  const outbox = await start(name, async () => outcomes.shift() as Outcome);
  outbox.listen({
    acknowledged: () => told.push("acknowledged"),
    refused: (_e, p) => told.push(`refused ${p.status}`),
    changed: () => {},
  });
  for (const id of ["a", "b", "c"]) await outbox.add(gesture("one", [draw(id)]), EMPTY);
  await until(() => outbox.waiting === 0);
  expect(told).toEqual(["refused 422", "acknowledged"]);
  expect(outbox.conflicts.map((entry) => entry.conflict?.detail)).toEqual(["somebody moved it"]);

  const reloaded = await start(name, async () => ({ kind: "unreachable" }));
  expect(reloaded.conflicts).toHaveLength(1);
  await reloaded.settle(reloaded.conflicts[0]?.id ?? "");
  expect(reloaded.conflicts).toEqual([]);
});

test("an unreachable server keeps everything, in order, and flush sends it at once", async () => {
  let up = false;
  const server = new Server();
  const outbox = await start(newId(), async (entry) => (up ? server.handle(entry) : { kind: "unreachable" }));
  for (const id of ["a", "b", "c"]) await outbox.add(gesture("one", [draw(id)]), EMPTY);
  await until(() => !outbox.reachable);
  expect(outbox.waiting).toBe(3);
  up = true;
  outbox.flush();
  await until(() => outbox.waiting === 0);
  expect(server.log).toHaveLength(3);
  expect(outbox.reachable).toBe(true);
});
