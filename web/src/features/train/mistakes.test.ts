import { expect, test } from "vitest";
import { mistakesIn } from "./mistakes";

test.each([
  [{ missed: 0, wrong: 0 }, "all right"],
  [{ missed: 2, wrong: 0 }, "2 missed"],
  [{ missed: 0, wrong: 1 }, "1 wrong"],
  [{ missed: 3, wrong: 1 }, "3 missed, 1 wrong"],
])("mistakes %o read %s", (picture, words) => {
  expect(mistakesIn(picture)).toBe(words);
});
