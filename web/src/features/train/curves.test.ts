import { expect, test } from "vitest";
import { comparedCurve } from "./comparedCurve";
import { categoryKey, categoryLines, epochNumbers, lossLines, qualityLines, secondsLeft } from "./curves";

const epochs = [
  { epoch: 1, box_loss: 2, cls_loss: 3 },
  { epoch: 2, box_loss: 1, cls_loss: null },
];

test("a line for what an epoch told, none for what none did", () => {
  expect(epochNumbers(epochs)).toEqual([1, 2]);
  expect(lossLines(epochs).map(({ label, values }) => [label, values])).toEqual([
    ["box loss", [2, 1]],
    ["class loss", [3, null]],
  ]);
  expect(qualityLines(epochs)).toEqual([]);
});

test("each category that was measured has a line; of too many, the worst have", () => {
  const named = Array.from({ length: 20 }, (_, i) => ({ id: `c${i}`, name: `cell ${i}`, color: "#0072b2" }));
  const told = (count: number) => [
    { epoch: 1 },
    { epoch: 2, ...Object.fromEntries(named.slice(0, count).map(({ id }, i) => [categoryKey(id), i / 20])) },
  ];
  expect(categoryLines(told(2), named).map(({ label, values }) => [label, values])).toEqual([
    ["cell 0", [undefined, 0]],
    ["cell 1", [undefined, 0.05]],
  ]);
  expect(categoryLines(told(20), named).map(({ label }) => label)).toEqual(named.slice(0, 12).map(({ name }) => name));
  expect(categoryLines([{ epoch: 1 }], named)).toEqual([]);
});

test("time left follows from the progress so far", () => {
  const started = "2026-01-01T00:00:00Z";
  const now = Date.parse(started) + 60_000;
  expect(secondsLeft(0.25, started, now)).toBeCloseTo(180);
  expect(secondsLeft(0, started, now)).toBeNull();
  expect(secondsLeft(1, started, now)).toBeNull();
  expect(secondsLeft(0.5, null, now)).toBeNull();
});

test("runs of different length share one axis", () => {
  const { x, lines } = comparedCurve([{ epochs }, { epochs: [{ epoch: 3, box_loss: 0.5 }] }], "box_loss");
  expect(x).toEqual([1, 2, 3]);
  expect(lines.map(({ values }) => values)).toEqual([
    [2, 1, undefined],
    [undefined, undefined, 0.5],
  ]);
});
