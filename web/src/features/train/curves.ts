import type { TrainingRun } from "../../api/types";
import type { Line } from "../../ui/LineChart";
import { lineColor } from "../../ui/palette";

type Epoch = TrainingRun["epochs"][number];

const LOSSES: readonly [string, string][] = [
  ["box_loss", "box loss"],
  ["cls_loss", "class loss"],
  ["dfl_loss", "edge loss"],
  ["seg_loss", "mask loss"],
];
const QUALITY: readonly [string, string][] = [
  ["map50", "mAP50"],
  ["map50_95", "mAP50-95"],
  ["precision", "precision"],
  ["recall", "recall"],
];

export function epochNumbers(epochs: readonly Epoch[]): number[] {
  return epochs.map(({ epoch }, index) => epoch ?? index + 1);
}

export function lossLines(epochs: readonly Epoch[]): Line[] {
  return linesOf(epochs, LOSSES);
}

export function qualityLines(epochs: readonly Epoch[]): Line[] {
  return linesOf(epochs, QUALITY);
}

/** What an epoch calls its AP50-95 of one category. */
export const categoryKey = (categoryId: string) => `ap50_95:${categoryId}`;

/** More lines than this in one chart cannot be told apart. */
const MOST_LINES = 12;

interface NamedCategory {
  readonly id: string;
  readonly name: string;
  readonly color: string;
}

/** AP50-95 of each category that any epoch has measured; of many, those that are found worst by now. */
export function categoryLines(epochs: readonly Epoch[], categories: readonly NamedCategory[]): Line[] {
  const lines = categories
    .map(({ id, name, color }) => ({ label: name, color, values: epochs.map((epoch) => epoch[categoryKey(id)]) }))
    .filter(({ values }) => values.some((value) => typeof value === "number"));
  if (lines.length <= MOST_LINES) return lines;
  const latest = (line: Line) => line.values.findLast((value) => typeof value === "number") ?? 0;
  return lines.sort((a, b) => latest(a) - latest(b)).slice(0, MOST_LINES);
}

/** Only what at least one epoch has told. */
function linesOf(epochs: readonly Epoch[], names: readonly [string, string][]): Line[] {
  return names
    .map(([key, label], index) => ({ label, color: lineColor(index), values: epochs.map((epoch) => epoch[key]) }))
    .filter(({ values }) => values.some((value) => typeof value === "number"));
}

/** Seconds left when `progress` (0 to 1) took since `startedAt`; null before anything can be told. */
export function secondsLeft(progress: number, startedAt: string | null, now: number): number | null {
  if (!startedAt || progress < 0.02 || progress >= 1) return null;
  return (((now - Date.parse(startedAt)) / 1000) * (1 - progress)) / progress;
}
