import { type Bench, state } from "./bench";
import type { Command } from "./commands";
import type { Change } from "./marks";
import type { ReviewState } from "./model";

/** How to get back to the state that a review step leaves. */
function back(from: ReviewState): Command[] {
  switch (from) {
    case "submitted":
      return [{ type: "reopen" }, { type: "submit" }];
    case "approved":
      return [{ type: "reopen" }, { type: "approve" }];
    case "rejected":
      return [{ type: "reopen" }, { type: "submit" }, { type: "reject", reason: "as before" }];
    default:
      return [{ type: "reopen" }];
  }
}

function step(bench: Bench, label: string, command: Command): boolean {
  const from = state(bench).shown?.state;
  if (!from) return false;
  const change: Change = { label, do: [command], undo: back(from) };
  return bench.editor.commit(change);
}

/** Done with this image: submitted, or approved when somebody had submitted it and this is a review. */
export function finishImage(bench: Bench, reviewing: boolean): void {
  const from = state(bench).shown?.state;
  if (reviewing) approve(bench);
  else if (from && from !== "submitted" && from !== "approved") step(bench, "submit", { type: "submit" });
  bench.surroundings.go(1);
}

export function approve(bench: Bench): void {
  if (state(bench).shown?.state === "unlabelled") bench.editor.notify("Nothing to approve: submit it first.");
  else if (state(bench).shown?.state !== "approved") step(bench, "approve", { type: "approve" });
}

export function reject(bench: Bench, reason: string): void {
  step(bench, "reject", { type: "reject", reason });
}

/** Mark a negative, or take that back. */
export function toggleEmpty(bench: Bench): void {
  const { shown } = state(bench);
  if (!shown) return;
  if (shown.annotations.size > 0) bench.editor.notify(`Not empty: it has ${shown.annotations.size} shapes.`, "refusal");
  else if (shown.state === "submitted") step(bench, "reopen", { type: "reopen" });
  else if (step(bench, "mark empty", { type: "mark_empty" })) bench.editor.notify("Marked as empty");
}

export function claim(bench: Bench, take: boolean): void {
  bench.editor.commit({
    label: take ? "claim" : "release",
    do: [{ type: take ? "claim" : "release" }],
    undo: [],
  });
}
