import type { ReviewState } from "../../annotate/model";

const DONE: ReadonlySet<ReviewState> = new Set(["submitted", "approved"]);

export interface BatchProgress {
  readonly done: ReadonlySet<string>;
  /** The first picture, in the batch's order, that still needs a person; null when none does. */
  readonly next: string | null;
}

/** What of a query batch is finished; a picture whose state is not known yet counts as open. */
export function batchProgress(imageIds: readonly string[], states: ReadonlyMap<string, ReviewState>): BatchProgress {
  const isDone = (id: string) => DONE.has(states.get(id) ?? "unlabelled");
  return { done: new Set(imageIds.filter(isDone)), next: imageIds.find((id) => !isDone(id)) ?? null };
}
