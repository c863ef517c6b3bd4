import {
  booleanOpDWithPolyTree,
  ClipType,
  FillRule,
  type PathD,
  type PathsD,
  type PolyPathD,
  PolyTreeD,
  unionD,
} from "clipper2-ts";
import type { ImagePoint, Size } from "./point";
import { type Polygon, polygonArea, type Ring } from "./polygon";

/** Decimal places of a pixel that are kept, as `settle` does. */
const PLACES = 2;

const path = (ring: Ring): PathD => ring.map(([x, y]) => ({ x, y }));

/** The same area with rings that wind as Clipper wants them: holes against outlines. */
const wound = ({ rings }: Polygon): PathsD => unionD(rings.map(path), [], FillRule.EvenOdd, PLACES);

/** All that lies in any of them: one polygon for each connected part, the largest first. */
export function united(polygons: readonly Polygon[]): Polygon[] {
  return solved(ClipType.Union, polygons.flatMap(wound), null);
}

/** The parts on either side of the line through `a` and `b`, the largest first; the polygon itself if it misses. */
export function cutAlong(polygon: Polygon, a: ImagePoint, b: ImagePoint, image: Size): Polygon[] {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (length === 0) return [polygon];
  // Beyond every corner, whichever way the line runs.
  const far = 2 * (image.width + image.height);
  const [dx, dy] = [((b.x - a.x) / length) * far, ((b.y - a.y) / length) * far];
  const [from, to] = [
    { x: a.x - dx, y: a.y - dy },
    { x: a.x + dx, y: a.y + dy },
  ];
  const side = (sign: number): PathD => [
    from,
    to,
    { x: to.x - sign * dy, y: to.y + sign * dx },
    { x: from.x - sign * dy, y: from.y + sign * dx },
  ];
  const subject = wound(polygon);
  const parts = [1, -1].map((sign) => solved(ClipType.Intersection, subject, [side(sign)]));
  return parts.every((part) => part.length > 0) ? parts.flat().sort(byArea) : [polygon];
}

const byArea = (one: Polygon, other: Polygon) => polygonArea(other) - polygonArea(one);

function solved(type: ClipType, subject: PathsD, clip: PathsD | null): Polygon[] {
  const tree = new PolyTreeD();
  booleanOpDWithPolyTree(type, subject, clip, tree, FillRule.NonZero, PLACES);
  return outlines(tree).sort(byArea);
}

function outlines(parent: PolyPathD): Polygon[] {
  return children(parent).flatMap((outline) => {
    const holes = children(outline);
    const rings = [outline, ...holes].map(({ poly }) => (poly ?? []).map(({ x, y }): [number, number] => [x, y]));
    return [{ type: "polygon" as const, rings }, ...holes.flatMap((hole) => outlines(hole))];
  });
}

const children = (node: PolyPathD) => Array.from({ length: node.count }, (_, index) => node.child(index));
