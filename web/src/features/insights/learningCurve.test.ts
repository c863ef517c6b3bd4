import { expect, test } from "vitest";
import type { LearningPoint } from "../../api/types";
import { learningCurve } from "./learningCurve";

const point = (labelled_images: number, map50_95: number | null, chosen_at_random = false): LearningPoint => ({
  run_id: `${labelled_images} ${chosen_at_random} ${map50_95}`,
  ended_at: "2026-01-01T00:00:00Z",
  labelled_images,
  map50: map50_95,
  map50_95,
  low: map50_95,
  high: map50_95,
  held_out: "audit",
  acquisition_function: "random",
  chosen_at_random,
});

test("runs on random pictures alone are the baseline, whatever the last batch was; of two runs the later counts", () => {
  const curve = learningCurve([point(40, 0.4), point(20, 0.2, true), point(40, 0.5), point(30, null)]);
  expect(curve.x).toEqual([20, 40]);
  expect(curve.lines.map(({ label, values }) => [label, values])).toEqual([
    ["chosen by the platform", [undefined, 0.5]],
    ["random baseline", [0.2, undefined]],
  ]);
});

test("nothing measured, nothing drawn", () => {
  expect(learningCurve([point(10, null)])).toEqual({ x: [], lines: [], bands: [] });
});
