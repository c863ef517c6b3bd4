import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunMetrics } from "../../api/types";
import { acceptedFrom, outcomeOf, sample } from "./acceptance";

const metrics = {
  per_category: [
    { category_id: "kept", promise: { threshold: 0.7 } },
    { category_id: "open", promise: { threshold: null } },
  ],
} as RunMetrics;
const boxes = [
  { category_id: "kept", confidence: 0.8 },
  { category_id: "kept", confidence: 0.6 },
  { category_id: "open", confidence: 0.99 },
];

describe("acceptance", () => {
  test("a promise accepts category by category, and nothing where it cannot be given", () => {
    expect(outcomeOf(boxes, { by: "promise", target: 0.9 }, metrics)).toEqual({ accepted: 1, left: 2 });
    expect(acceptedFrom({ by: "promise", target: 0.9 }, metrics, "open")).toBeNull();
    expect(outcomeOf(boxes, { by: "promise", target: 0.9 }, null)).toEqual({ accepted: 0, left: 3 });
  });
  test("one threshold for all; proposing accepts nothing", () => {
    expect(outcomeOf(boxes, { by: "threshold", threshold: 0.6 }, metrics)).toEqual({ accepted: 3, left: 0 });
    expect(outcomeOf(boxes, { by: "nothing" }, metrics)).toEqual({ accepted: 0, left: 3 });
  });
});

test("a sample has each at most once and as many as there are", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer()), fc.nat({ max: 30 }), (all, count) => {
      const taken = sample(all, count);
      expect(taken).toHaveLength(Math.min(count, all.length));
      expect(new Set(taken).size).toBe(taken.length);
      expect(taken.every((each) => all.includes(each))).toBe(true);
    }),
  );
});
