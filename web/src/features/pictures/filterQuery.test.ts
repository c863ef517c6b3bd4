import fc from "fast-check";
import { expect, test } from "vitest";
import type { ImageFilter } from "./Filters";
import { filterOf, queryOf } from "./filterQuery";

const filter: fc.Arbitrary<ImageFilter> = fc.record(
  {
    state: fc.uniqueArray(fc.constantFrom("unlabelled" as const, "rejected" as const, "auto" as const), {
      minLength: 1,
    }),
    category_id: fc.uuid(),
    source: fc.constantFrom("human" as const, "model" as const, "import" as const),
    q: fc.string({ minLength: 1 }),
    min_confidence: fc.integer({ min: 0, max: 20 }).map((n) => n / 20),
    trashed: fc.constant(true),
    sort: fc.constantFrom("oldest" as const, "newest" as const, "name" as const),
  },
  { requiredKeys: [] },
);

test("every filter comes back from its address", () => {
  fc.assert(
    fc.property(filter, (wanted) => {
      expect(filterOf(queryOf(wanted))).toEqual({ ...wanted });
    }),
  );
});

test("what an address holds that is no filter is left out", () => {
  expect(filterOf("state=haunted&source=ghost&sort=worst&min_confidence=7&trashed=yes&q=&other=1")).toEqual({});
  expect(queryOf({ q: undefined })).toBe("");
});
