import { boundsOf } from "./bounds";
import { type ImagePoint, imagePoint } from "./point";

export type Vertex = [number, number];
export type Ring = Vertex[];

/** First ring outer, others holes; rings are closed implicitly. */
export interface Polygon {
  type: "polygon";
  rings: Ring[];
}

export interface VertexAddress {
  readonly ring: number;
  readonly index: number;
}

export const vertexPoint = ([x, y]: Vertex): ImagePoint => imagePoint(x, y);

/** Signed area by the shoelace formula; positive when clockwise on a screen whose y grows downwards. */
export function ringArea(ring: Ring): number {
  let twice = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i] as Vertex;
    const [xj, yj] = ring[j] as Vertex;
    twice += xj * yi - xi * yj;
  }
  return twice / 2;
}

export function polygonArea({ rings }: Polygon): number {
  const [outer, ...holes] = rings;
  if (!outer) return 0;
  return Math.max(
    0,
    holes.reduce((area, hole) => area - Math.abs(ringArea(hole)), Math.abs(ringArea(outer))),
  );
}

/** Even-odd rule over all rings, so holes are outside. */
export function polygonContains({ rings }: Polygon, { x, y }: ImagePoint): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i] as Vertex;
      const [xj, yj] = ring[j] as Vertex;
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
  }
  return inside;
}

/** Turned clockwise about the middle of its bounds, as seen on a screen whose y grows downwards. */
export function turnPolygon({ rings }: Polygon, degrees: number): Polygon {
  const { x, y, width, height } = boundsOf((rings[0] ?? []).map(vertexPoint));
  const middle = imagePoint(x + width / 2, y + height / 2);
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const turned = ([vx, vy]: Vertex): Vertex => {
    const [dx, dy] = [vx - middle.x, vy - middle.y];
    return [middle.x + dx * cos - dy * sin, middle.y + dx * sin + dy * cos];
  };
  return { type: "polygon", rings: rings.map((ring) => ring.map(turned)) };
}

function editRing(polygon: Polygon, ring: number, edit: (ring: Ring) => Ring): Polygon {
  return { type: "polygon", rings: polygon.rings.map((each, index) => (index === ring ? edit(each) : each)) };
}

export function moveVertex(polygon: Polygon, at: VertexAddress, to: ImagePoint): Polygon {
  return editRing(polygon, at.ring, (ring) => ring.map((v, i) => (i === at.index ? [to.x, to.y] : v)));
}

/** Insert `point` before the vertex at `at.index`. */
export function insertVertex(polygon: Polygon, at: VertexAddress, point: ImagePoint): Polygon {
  return editRing(polygon, at.ring, (ring) => [
    ...ring.slice(0, at.index),
    [point.x, point.y],
    ...ring.slice(at.index),
  ]);
}

/** Without that vertex; a hole of fewer than three goes away, an outer ring of three is left alone (null). */
export function deleteVertex(polygon: Polygon, at: VertexAddress): Polygon | null {
  const ring = polygon.rings[at.ring];
  if (!ring) return null;
  if (ring.length > 3) return editRing(polygon, at.ring, (r) => r.filter((_, i) => i !== at.index));
  if (at.ring === 0) return null;
  return { type: "polygon", rings: polygon.rings.filter((_, i) => i !== at.ring) };
}

/** The point of the segment a-b nearest to `p`. */
export function nearestOnSegment(p: ImagePoint, a: ImagePoint, b: ImagePoint): ImagePoint {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length2 = dx * dx + dy * dy;
  const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length2));
  return imagePoint(a.x + t * dx, a.y + t * dy);
}

/** Ramer-Douglas-Peucker (Douglas & Peucker 1973): drop what lies within `tolerance` of the chord. Iterative: freehand strokes are long. */
export function simplify(points: readonly ImagePoint[], tolerance: number): ImagePoint[] {
  if (points.length < 3) return [...points];
  const keep = new Set([0, points.length - 1]);
  const spans: [number, number][] = [[0, points.length - 1]];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [from, to] = span;
    const a = points[from] as ImagePoint;
    const b = points[to] as ImagePoint;
    let farthest = -1;
    let reach = tolerance;
    for (let i = from + 1; i < to; i++) {
      const p = points[i] as ImagePoint;
      const on = nearestOnSegment(p, a, b);
      const off = Math.hypot(p.x - on.x, p.y - on.y);
      if (off > reach) {
        farthest = i;
        reach = off;
      }
    }
    if (farthest > 0) {
      keep.add(farthest);
      spans.push([from, farthest], [farthest, to]);
    }
  }
  return [...keep].sort((i, j) => i - j).map((i) => points[i] as ImagePoint);
}
