import { expect, test } from "vitest";
import { ACTION } from "./actions";
import { chordsOf } from "./chord";
import { actionBehind, bindingsOf, categoryFor, conflictsOf, PRESETS, resolve, scopesFor } from "./keymap";
import { CELL, PLATELET } from "./testBench";

const press = (
  key: string,
  code: string,
  modifiers: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {},
) => ({
  key,
  code,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
});
const idle = scopesFor(false, false);
const keys = bindingsOf({ preset: "default", own: {} });

test.each(Object.keys(PRESETS))("the %s keys clash nowhere and name real actions", (preset) => {
  const bindings = bindingsOf({ preset, own: {} });
  expect(conflictsOf(bindings)).toEqual([]);
  expect(Object.keys(bindings).filter((id) => !ACTION.has(id))).toEqual([]);
});

test("a clash in one scope is found, a selection's meaning over an idle one is meant", () => {
  const clashing = { ...keys, mark_empty: ["D"], nudge_left: ["A"] };
  expect(conflictsOf(clashing)).toEqual([{ chord: "D", actions: ["next_image", "mark_empty"] }]);
  expect(conflictsOf({ ...keys, fit: ["Ctrl+W"] })).toEqual([{ chord: "Ctrl+W", actions: ["fit"] }]);
});

test("one key means one thing while drawing, another while idle, a third over a selection", () => {
  const enter = press("Enter", "Enter");
  expect([scopesFor(true, false), idle].map((scopes) => resolve(keys, enter, scopes))).toEqual([
    "finish_shape",
    "accept_proposal",
  ]);
  const left = press("ArrowLeft", "ArrowLeft");
  expect([scopesFor(false, true), idle].map((scopes) => resolve(keys, left, scopes))).toEqual([
    "nudge_left",
    "previous_image",
  ]);
});

test("digits work on AZERTY, letters on a Cyrillic layout, and what is printed on the key goes first", () => {
  expect(resolve(keys, press("&", "Digit1"), idle)).toBe("class_1");
  expect(resolve(keys, press("!", "Digit1", { shiftKey: true }), idle)).toBe("class_10");
  expect(resolve(keys, press("в", "KeyD"), idle)).toBe("next_image");
  expect(resolve(keys, press("a", "KeyQ"), idle)).toBe("previous_image");
  expect(resolve(keys, press("?", "Slash", { shiftKey: true }), idle)).toBe("shortcuts");
  expect(resolve(keys, press("z", "KeyZ", { metaKey: true }), idle)).toBe("undo");
});

test("modifiers come in one order", () => {
  expect(chordsOf(press("Z", "KeyZ", { ctrlKey: true, shiftKey: true }))).toEqual(["Ctrl+Shift+Z"]);
  expect(chordsOf(press(" ", "Space", { ctrlKey: true }))).toEqual(["Ctrl+Space"]);
});

test("a category's own key picks it where no action has that key, and the collision is told", () => {
  expect(categoryFor([CELL, PLATELET], press("w", "KeyW"))).toBe(PLATELET);
  expect(categoryFor([CELL, PLATELET], press("w", "KeyW", { ctrlKey: true }))).toBeUndefined();
  expect(actionBehind(keys, "w")).toBeUndefined();
  expect(actionBehind(keys, "d")).toBe("next_image");
  expect(actionBehind(keys, "3")).toBeUndefined();
});

test("who comes from Lightly hides by V, draws by B and pans by D", () => {
  const lightly = bindingsOf({ preset: "Lightly", own: {} });
  const meant = ["v", "b", "d", "s", "m"].map((key) => resolve(lightly, press(key, `Key${key.toUpperCase()}`), idle));
  expect(meant).toEqual(["peek", "tool_box", "tool_pan", "tool_select", "tool_polygon"]);
});
