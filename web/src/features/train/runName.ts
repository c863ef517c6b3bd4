import type { TrainingRun } from "../../api/types";

const when = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** A run as people tell it from others: when it was started and from how many pictures. */
export function runName(run: Pick<TrainingRun, "created_at" | "train_images">): string {
  const images = run.train_images > 0 ? `, ${run.train_images} pictures` : "";
  return `${when.format(new Date(run.created_at))}${images}`;
}
