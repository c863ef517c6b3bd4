import { expect, test } from "vitest";
import { together, verdictOn } from "./verdicts";

test("a verdict is taken back from before its first event", () => {
  expect(verdictOn("a", 2, 120)).toEqual({ imageIds: ["a"], before: 118 });
  expect(verdictOn("a", 1, null)).toBeNull();
});

test("a bulk acceptance is taken back whole", () => {
  const both = together([
    { imageIds: ["a"], before: 118 },
    { imageIds: ["b"], before: 110 },
  ]);
  expect(both).toEqual({ imageIds: ["a", "b"], before: 110 });
  expect(together([])).toBeNull();
});
