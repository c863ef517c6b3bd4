import { union } from "../geometry/bounds";
import { type Geometry, geometryArea, settle } from "../geometry/geometry";
import { type ImagePoint, imagePoint } from "../geometry/point";
import { type Polygon, polygonContains } from "../geometry/polygon";
import { type Hands, state } from "./bench";
import { drawing, removing, reshaping, together } from "./marks";
import { movable } from "./shapeActions";
import { categoryIdOf } from "./store";

type Clipper = typeof import("../geometry/polygonClip");

/** The clipping library, apart from the page: it comes once the picture is there, so that it works offline too. */
export const fetchClipper = (): Promise<Clipper> => import("../geometry/polygonClip");

const MISSING = "A part of the page for this is missing, and the server does not answer. Try again.";

async function clipperOf(bench: Hands): Promise<Clipper | null> {
  const clipper = await fetchClipper().catch(() => null);
  if (!clipper) bench.editor.notify(MISSING, "refusal");
  return clipper;
}

/** The selected shapes become the largest of them: polygons what they cover, boxes the box around them. */
export async function merge(bench: Hands): Promise<void> {
  const clipper = await clipperOf(bench);
  const { shown, image } = state(bench);
  const shapes = movable(bench).sort((one, other) => geometryArea(other.geometry) - geometryArea(one.geometry));
  const [largest, ...others] = shapes;
  if (!clipper || !shown || !image || !largest) return;
  if (others.length === 0) return bench.editor.notify("Select two shapes or more to merge them.");
  const polygons = shapes.flatMap(({ geometry }) => (geometry.type === "polygon" ? [geometry] : []));
  let merged: Geometry = { type: "box", ...union(shapes.map(({ bounds }) => bounds)) };
  if (polygons.length === shapes.length) {
    const [whole, ...apart] = clipper.united(polygons);
    if (!whole || apart.length > 0) return bench.editor.notify("Only polygons that overlap or touch become one.");
    merged = whole;
  } else if (polygons.length > 0) return bench.editor.notify("Boxes merge with boxes, polygons with polygons.");
  const geometry = settle(merged, image);
  if (!geometry) return;
  const kept = reshaping(shown, [{ id: largest.id, geometry }]);
  const gone = removing(
    shown,
    others.map(({ id }) => id),
  );
  bench.editor.commit(together(`merge ${shapes.length} shapes`, [kept, gone], kept.select ?? []));
}

/** The selected polygons, or without any those under the middle of the stroke, part along the line through it. */
export async function cut(bench: Hands, from: ImagePoint, to: ImagePoint): Promise<void> {
  const clipper = await clipperOf(bench);
  const { shown, image } = state(bench);
  if (!clipper || !shown || !image) return;
  const cuts = toCut(bench, from, to).flatMap(({ id, polygon }) => {
    const settled = clipper.cutAlong(polygon, from, to, image).map((part) => settle(part, image));
    const parts = settled.filter((part) => part !== null);
    const category_id = categoryIdOf(state(bench), id);
    return parts.length > 1 && category_id ? [{ id, category_id, parts }] : [];
  });
  if (cuts.length === 0) return bench.editor.notify("The line crosses no polygon.");
  const kept = reshaping(
    shown,
    cuts.map(({ id, parts: [first] }) => ({ id, geometry: first as Geometry })),
  );
  const fresh = drawing(
    cuts.flatMap(({ category_id, parts: [, ...rest] }) => rest.map((geometry) => ({ category_id, geometry }))),
  );
  const some = cuts.length === 1 ? "a polygon" : `${cuts.length} polygons`;
  bench.editor.commit(together(`cut ${some}`, [kept, fresh], []));
}

function toCut(bench: Hands, from: ImagePoint, to: ImagePoint): { id: string; polygon: Polygon }[] {
  const polygons = (shapes: readonly { id: string; geometry: Geometry }[]) =>
    shapes.flatMap(({ id, geometry }) => (geometry.type === "polygon" ? [{ id, polygon: geometry }] : []));
  const selected = polygons(movable(bench));
  if (selected.length > 0) return selected;
  const middle = imagePoint((from.x + to.x) / 2, (from.y + to.y) / 2);
  const free = bench.shapes.shapes(state(bench)).filter(({ locked }) => !locked);
  return polygons(free).filter(({ polygon }) => polygonContains(polygon, middle));
}
