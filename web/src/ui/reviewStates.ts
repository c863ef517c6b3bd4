import type { ReviewState } from "../api/types";

export const STATE_NAMES: Record<ReviewState, string> = {
  unlabelled: "Unlabelled",
  in_progress: "In progress",
  submitted: "Submitted",
  approved: "Approved",
  rejected: "Rejected",
  auto: "Auto-annotated",
};

/** Told apart by colour-blind eyes; the dot in the gallery has the same. */
export const STATE_COLORS: Record<ReviewState, string> = {
  unlabelled: "#8a8f98",
  in_progress: "#e69f00",
  submitted: "#0072b2",
  approved: "#009e73",
  rejected: "#d55e00",
  auto: "#cc79a7",
};
