import type { TrainingRun } from "../../api/types";
import type { Line } from "../../ui/LineChart";
import { lineColor } from "../../ui/palette";

/** One line per run of its epoch values `key`, over the epochs that any of them has. */
export function comparedCurve(
  runs: readonly Pick<TrainingRun, "epochs">[],
  key: string,
): { x: number[]; lines: Line[] } {
  const byEpoch = runs.map(({ epochs }) => new Map(epochs.map((values) => [values.epoch, values[key]])));
  const x = [...new Set(byEpoch.flatMap((values) => [...values.keys()]))]
    .filter((epoch): epoch is number => typeof epoch === "number")
    .sort((a, b) => a - b);
  const lines = byEpoch.map((values, index) => ({
    label: `run ${index + 1}`,
    color: lineColor(index),
    values: x.map((epoch) => values.get(epoch)),
  }));
  return { x, lines: lines.filter(({ values }) => values.some((value) => typeof value === "number")) };
}
