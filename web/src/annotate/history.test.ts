import fc from "fast-check";
import { expect, test } from "vitest";
import { aDocument, anAnnotation, aPrediction, boxAt } from "./builders";
import { CAP, EMPTY, forget, type Mark, push, stepBack, stepForward } from "./history";
import { accepting, type Change, drawing, recategorising, redoing, rejecting, removing, reshaping } from "./marks";
import type { ImageDocument } from "./model";
import { overlay } from "./overlay";

const mark = (id: string): Mark => ({ id, label: id, do: [{ type: "submit" }], undo: [{ type: "reopen" }] });

test("undo and redo walk the same marks, and a new gesture clears what could be redone", () => {
  const three = ["a", "b", "c"].map(mark).reduce(push, EMPTY);
  const back = stepBack(three);
  expect(back?.mark.id).toBe("c");
  expect(stepForward(back?.stacks ?? EMPTY)?.stacks).toEqual(three);
  expect(push(back?.stacks ?? EMPTY, mark("d"))).toEqual({ undo: [mark("a"), mark("b"), mark("d")], redo: [] });
});

test("the oldest of more than 128 marks is forgotten, and marks survive JSON", () => {
  const many = Array.from({ length: CAP + 5 }, (_, i) => mark(String(i))).reduce(push, EMPTY);
  expect(many.undo).toHaveLength(CAP);
  expect(many.undo[0]?.id).toBe("5");
  expect(JSON.parse(JSON.stringify(many))).toEqual(many);
});

test("a refused gesture can be neither undone nor redone", () => {
  const stacks = ["a", "b"].map(mark).reduce(push, EMPTY);
  expect(forget(stacks, "b").undo).toEqual([mark("a")]);
});

const shapesOf = (document: ImageDocument) =>
  [...document.annotations.values()]
    .map(({ id, category_id, geometry }) => ({ id, category_id, geometry }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

test("whatever is done is undone exactly, and redone exactly", () => {
  const start = aDocument(
    ["a", "b", "c"].map((id, i) => anAnnotation(id, { geometry: boxAt(i * 20) })),
    {
      predictions: new Map([0.2, 0.5, 0.9].map((c, i) => [`p${i}`, aPrediction(`p${i}`, c)])),
    },
  );
  const pick = <T>(from: readonly T[], n: number) => (from.length === 0 ? [] : [from[n % from.length] as T]);
  const step = fc.tuple(fc.nat(5), fc.nat(20));
  const change = (document: ImageDocument, [kind, n]: [number, number]): Change => {
    const ids = [...document.annotations.keys(), ...document.predictions.keys()];
    const predictions = pick([...document.predictions.values()], n);
    const makers = [
      () => drawing([{ category_id: "x", geometry: boxAt(n) }]),
      () =>
        reshaping(
          document,
          pick(ids, n).map((id) => ({ id, geometry: boxAt(n + 1) })),
        ),
      () => recategorising(document, pick(ids, n), `category ${n}`),
      () => removing(document, pick(ids, n)),
      () => accepting(predictions),
      () => rejecting(predictions),
    ];
    return (makers[kind] as () => Change)();
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const documents = [start];
      const done: Change[] = [];
      for (const each of steps) {
        const before = documents.at(-1) as ImageDocument;
        const made = change(before, each);
        done.push(made);
        documents.push(overlay(before, [made.do], null));
      }
      let current = documents.at(-1) as ImageDocument;
      for (let i = done.length - 1; i >= 0; i--) {
        current = overlay(current, [(done[i] as Change).undo], null);
        expect(shapesOf(current)).toEqual(shapesOf(documents[i] as ImageDocument));
        expect([...current.predictions.keys()].sort()).toEqual(
          [...(documents[i] as ImageDocument).predictions.keys()].sort(),
        );
      }
      for (const [i, each] of done.entries()) {
        current = overlay(current, [redoing(each, () => undefined)], null);
        expect(shapesOf(current)).toEqual(shapesOf(documents[i + 1] as ImageDocument));
      }
    }),
  );
});
