import { expect, test } from "vitest";
import { jobWords } from "./jobNames";

test("a finished export says what it holds, not the last progress that came through", () => {
  const job = { kind: "export", state: "running" as const, message: "Reading the annotations", result: null };
  expect(jobWords(job)).toBe("Reading the annotations");
  const result = { images: 1200, annotations: 8 };
  expect(jobWords({ ...job, state: "succeeded", result })).toBe("1,200 pictures with 8 annotations");
  expect(jobWords({ ...job, kind: "embed", state: "succeeded", result })).toBe("Reading the annotations");
});
