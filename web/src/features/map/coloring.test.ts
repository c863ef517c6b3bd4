import { expect, test } from "vitest";
import type { Category, MapPoint } from "../../api/types";
import { type ColorBy, shadesOf } from "./coloring";

const point = (image_id: string, more: Partial<MapPoint> = {}): MapPoint => ({
  image_id,
  x: 0,
  y: 0,
  state: "unlabelled",
  audit: false,
  category_ids: [],
  near_duplicate_group: null,
  ...more,
});
const categories = [
  { id: "cell", name: "cell", color: "#111111" },
  { id: "rare", name: "rare", color: "#222222" },
] as Category[];
const points = [
  point("1", { state: "approved", category_ids: ["cell"] }),
  point("2", { category_ids: ["cell", "rare"] }),
  point("3"),
];
const unsure = new Map([
  ["1", 0.1],
  ["2", 0.9],
]);

test.each<ColorBy>(["state", "category", "uncertainty"])("by %s every point has one colour", (by) => {
  const shown = shadesOf(points, by, categories, unsure).flatMap((shade) => shade.points);
  expect(shown.map(({ image_id }) => image_id).sort()).toEqual(["1", "2", "3"]);
});

test("a picture of several categories is shown in the rarest", () => {
  const rare = shadesOf(points, "category", categories, unsure).find(({ name }) => name === "rare");
  expect(rare?.points.map(({ image_id }) => image_id)).toEqual(["2"]);
});
