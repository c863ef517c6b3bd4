import { expect, test } from "vitest";
import { findActions } from "./findActions";

const found = (text: string) => findActions(text, 5).map(({ id }) => id);

test("an action is found by any of its words, in any order, and by its group", () => {
  expect(found("previous shapes copy")).toEqual(["paste_previous"]);
  expect(found("fit")[0]).toBe("fit");
  expect(found("next picture")).toEqual(["next_image", "next_suggested", "finish_image", "approve_image"]);
});

test("what is only a held key or belongs to a drawing under way is not offered, and nothing on no text", () => {
  expect(found("close the polygon")).toEqual([]);
  expect(found("while held")).toEqual([]);
  expect(found("  ")).toEqual([]);
});
