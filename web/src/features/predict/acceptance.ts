import type { RunMetrics } from "../../api/types";

/** How a prediction job decides: by a promised precision per category, or by one threshold for all. */
export type Acceptance = { by: "promise"; target: number } | { by: "threshold"; threshold: number } | { by: "nothing" };

/** From which confidence on a box of `categoryId` is accepted; null: it is left for a person. */
export function acceptedFrom(acceptance: Acceptance, metrics: RunMetrics | null, categoryId: string): number | null {
  switch (acceptance.by) {
    case "nothing":
      return null;
    case "threshold":
      return acceptance.threshold;
    case "promise":
      return metrics?.per_category.find((each) => each.category_id === categoryId)?.promise.threshold ?? null;
  }
}

interface Proposed {
  category_id: string;
  confidence: number;
}

/** How many of these boxes would be accepted, and how many left for review. */
export function outcomeOf(
  boxes: readonly Proposed[],
  acceptance: Acceptance,
  metrics: RunMetrics | null,
): { accepted: number; left: number } {
  let accepted = 0;
  for (const { category_id, confidence } of boxes) {
    const from = acceptedFrom(acceptance, metrics, category_id);
    if (from !== null && confidence >= from) accepted += 1;
  }
  return { accepted, left: boxes.length - accepted };
}

/** `count` of `all` at random, each at most once (Fisher and Yates, stopped early). */
export function sample<T>(all: readonly T[], count: number, random: () => number = Math.random): T[] {
  const left = [...all];
  const taken: T[] = [];
  while (taken.length < count && left.length > 0) {
    const index = Math.floor(random() * left.length);
    const [one] = left.splice(index, 1);
    if (one !== undefined) taken.push(one);
  }
  return taken;
}
