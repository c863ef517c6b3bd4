import type { Prediction } from "./model";

export const THRESHOLD_STEP = 0.05;

export function above(predictions: Iterable<Prediction>, threshold: number): Prediction[] {
  return [...predictions].filter((prediction) => prediction.confidence >= threshold);
}

/** Most doubtful first: nearest to even odds, where a look is worth most. */
export function byDoubt(predictions: readonly Prediction[]): Prediction[] {
  const certainty = ({ confidence }: Prediction) => Math.abs(confidence - 0.5);
  return [...predictions].sort((a, b) => certainty(a) - certainty(b) || (a.id < b.id ? -1 : 1));
}

/** The threshold one step up or down, kept to two decimals within 0 and 1. */
export function stepThreshold(threshold: number, steps: number): number {
  return Math.round(Math.min(1, Math.max(0, threshold + steps * THRESHOLD_STEP)) * 100) / 100;
}
