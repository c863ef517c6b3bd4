import { expect, test } from "vitest";
import { staleKeys } from "./invalidation";

test("an event makes the lists of its noun stale, each once", () => {
  expect(staleKeys(["job.started", "job.succeeded"])).toEqual(
    new Set(["jobs", "query-batches", "embedding-map", "duplicates"]),
  );
  expect(staleKeys(["image.submitted", "annotation.drawn"])).toContain("images");
});

test("a type that nobody knows yet makes nothing stale", () => {
  expect(staleKeys(["weather.changed", "nonsense"]).size).toBe(0);
});
