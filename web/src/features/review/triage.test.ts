import { describe, expect, test } from "vitest";
import { differencesOf } from "./differences";
import { acceptCommands, canReject } from "./triage";

const sure = { confidence: 0.9 };
const unsure = { confidence: 0.2 };
const types = (commands: readonly { type: string }[]) => commands.map(({ type }) => type);

describe("what Enter means", () => {
  test("unfinished: take what is sure and submit", () => {
    expect(acceptCommands({ state: "unlabelled", annotation_count: 0 }, [sure, unsure], 0.5)).toEqual([
      { type: "accept_predictions", min_confidence: 0.5 },
      { type: "submit" },
    ]);
  });
  test("unfinished with nothing on it and nothing sure: it is empty", () => {
    expect(types(acceptCommands({ state: "unlabelled", annotation_count: 0 }, [unsure], 0.5))).toEqual(["mark_empty"]);
    expect(types(acceptCommands({ state: "in_progress", annotation_count: 3 }, [unsure], 0.5))).toEqual(["submit"]);
  });
  test("submitted or automatic: approve", () => {
    expect(types(acceptCommands({ state: "submitted", annotation_count: 1 }, [], 0.5))).toEqual(["approve"]);
    expect(types(acceptCommands({ state: "auto", annotation_count: 1 }, [sure], 0.5))).toEqual([
      "accept_predictions",
      "approve",
    ]);
  });
  test("approved: nothing is left to do", () => {
    expect(acceptCommands({ state: "approved", annotation_count: 1 }, [sure], 0.5)).toEqual([]);
  });
  test("what nobody has worked on cannot be sent back", () => {
    expect(canReject({ state: "unlabelled" })).toBe(false);
    expect(canReject({ state: "auto" })).toBe(true);
  });
});

test("differences name each doubted box once, whatever else the details hold", () => {
  const box = { x: 1, y: 2, width: 3, height: 4 };
  const details = {
    differences: [{ label: box, found: null }, { label: box, found: { ...box, x: 9 } }, null],
    disagreement: 0.4,
  };
  expect(differencesOf(details)).toEqual([
    { side: "label", box },
    { side: "found", box: { ...box, x: 9 } },
  ]);
  expect(differencesOf({})).toEqual([]);
});
