import type { LearningPoint } from "../../api/types";
import type { Band, Line } from "../../ui/LineChart";
import { lineColor } from "../../ui/palette";

export interface LearningCurve {
  x: number[];
  lines: Line[];
  bands: Band[];
}

/**
 * Quality over labelled pictures: one line for runs on chosen pictures, one for runs on random ones alone where there are any.
 * Of several runs from equally many pictures the last counts.
 */
export function learningCurve(points: readonly LearningPoint[]): LearningCurve {
  const measured = points.filter(({ map50_95 }) => map50_95 !== null);
  const x = [...new Set(measured.map(({ labelled_images }) => labelled_images))].sort((a, b) => a - b);
  const chosen = lastAt(measured.filter(({ chosen_at_random }) => !chosen_at_random));
  const random = lastAt(measured.filter(({ chosen_at_random }) => chosen_at_random));
  const lines = [
    { label: "chosen by the platform", color: lineColor(0), of: chosen, dashed: false },
    { label: "random baseline", color: lineColor(1), of: random, dashed: true },
  ].filter(({ of }) => of.size > 0);
  return {
    x,
    lines: lines.map(({ label, color, of, dashed }) => ({
      label,
      color,
      dashed,
      values: x.map((images) => of.get(images)?.map50_95),
    })),
    bands: lines.map(({ color, of }) => ({
      color,
      low: x.map((images) => of.get(images)?.low),
      high: x.map((images) => of.get(images)?.high),
    })),
  };
}

function lastAt(points: readonly LearningPoint[]): Map<number, LearningPoint> {
  return new Map(points.map((point) => [point.labelled_images, point]));
}
