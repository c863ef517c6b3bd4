import { expect, test } from "vitest";
import { batchProgress } from "./batchProgress";

test("work goes on at the first unfinished picture of the batch's order", () => {
  const states = new Map([
    ["c", "submitted"],
    ["a", "approved"],
    ["b", "in_progress"],
  ] as const);
  expect(batchProgress(["c", "a", "b", "d"], states)).toEqual({ done: new Set(["c", "a"]), next: "b" });
});

test("what a model alone has done, or a reviewer sent back, still needs a person", () => {
  const states = new Map([
    ["a", "auto"],
    ["b", "rejected"],
  ] as const);
  expect(batchProgress(["a", "b"], states)).toEqual({ done: new Set(), next: "a" });
  expect(batchProgress(["a"], new Map([["a", "approved"]] as const)).next).toBeNull();
});
