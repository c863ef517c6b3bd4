import type { Category, MapPoint, ReviewState } from "../../api/types";
import { STATE_COLORS, STATE_NAMES } from "../../ui/reviewStates";

export type ColorBy = "state" | "category" | "uncertainty";

/** One colour of the map's legend and the points that have it. */
export interface Shade {
  name: string;
  color: string;
  points: MapPoint[];
}

const NO_CATEGORY = "#8a8f98";
const UNCERTAIN: readonly [number, string, string][] = [
  [0.8, "the least sure fifth", "#d55e00"],
  [0.5, "rather unsure", "#e69f00"],
  [0, "rather sure", "#56b4e9"],
];

/** The points by colour, in the order in which they are drawn and listed. */
export function shadesOf(
  points: readonly MapPoint[],
  by: ColorBy,
  categories: readonly Category[],
  uncertainties: ReadonlyMap<string, number>,
): Shade[] {
  if (by === "state")
    return (Object.keys(STATE_COLORS) as ReviewState[]).flatMap((state) =>
      shade(STATE_NAMES[state], STATE_COLORS[state], points, (point) => point.state === state),
    );
  if (by === "category")
    return [
      ...shade("nothing on it", NO_CATEGORY, points, ({ category_ids }) => category_ids.length === 0),
      // A picture with several categories is drawn in the rarest of them: the others are everywhere anyway.
      ...byRarest(points, categories),
    ];
  const ranks = rankShares(uncertainties);
  return [
    ...shade("finished or not predicted", NO_CATEGORY, points, ({ image_id }) => !ranks.has(image_id)),
    ...UNCERTAIN.flatMap(([from, name, color], index) => {
      const below = UNCERTAIN[index - 1]?.[0] ?? 2;
      return shade(name, color, points, ({ image_id }) => {
        const rank = ranks.get(image_id) ?? -1;
        return rank >= from && rank < below;
      });
    }).reverse(),
  ];
}

function shade(name: string, color: string, points: readonly MapPoint[], has: (point: MapPoint) => boolean): Shade[] {
  const own = points.filter(has);
  return own.length > 0 ? [{ name, color, points: own }] : [];
}

function byRarest(points: readonly MapPoint[], categories: readonly Category[]): Shade[] {
  const counts = new Map<string, number>();
  for (const { category_ids } of points) for (const id of category_ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  const rarest = ({ category_ids }: MapPoint) =>
    category_ids.reduce<string | undefined>(
      (best, id) => (best === undefined || (counts.get(id) ?? 0) < (counts.get(best) ?? 0) ? id : best),
      undefined,
    );
  return categories.flatMap(({ id, name, color }) => shade(name, color, points, (point) => rarest(point) === id));
}

/** The share of values that each one is not below: 0 for the least, close to 1 for the greatest. */
function rankShares(values: ReadonlyMap<string, number>): Map<string, number> {
  const sorted = [...values].sort(([, a], [, b]) => a - b);
  return new Map(sorted.map(([id], index) => [id, index / Math.max(1, sorted.length)]));
}
