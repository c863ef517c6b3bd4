import { expect, test } from "vitest";
import { together, verdictOn } from "./verdicts";

test("a verdict is taken back from before its first event", () => {
  // Three accepted proposals and a submission: four events.
  expect(verdictOn("a", { base_version: 7, version: 11, position: 120 })).toEqual({ imageIds: ["a"], before: 116 });
  expect(verdictOn("a", { base_version: 7, version: 7, position: null })).toBeNull();
  expect(verdictOn("a", null)).toBeNull();
});

test("a bulk acceptance is taken back whole", () => {
  const both = together([
    { imageIds: ["a"], before: 118 },
    { imageIds: ["b"], before: 110 },
  ]);
  expect(both).toEqual({ imageIds: ["a", "b"], before: 110 });
  expect(together([])).toBeNull();
});
