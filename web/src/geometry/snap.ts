import { boundsContain } from "./bounds";
import { HANDLES, handlePoint } from "./box";
import type { Geometry } from "./geometry";
import type { Hittable } from "./hitTest";
import { distance, type ImagePoint, imagePoint, type Size } from "./point";
import { nearestOnSegment, vertexPoint } from "./polygon";

function outlines(geometry: Geometry): ImagePoint[][] {
  if (geometry.type === "box")
    return [HANDLES.filter((h) => h.dx !== 0 && h.dy !== 0).map((handle) => handlePoint(geometry, handle))];
  if (geometry.type === "polygon") return geometry.rings.map((ring) => ring.map(vertexPoint));
  return [];
}

/** The border point within `tolerance`: a corner if one is near, else an edge, else the rim of the image, else `point` itself. */
export function snap(point: ImagePoint, shapes: readonly Hittable[], image: Size, tolerance: number): ImagePoint {
  let corner: ImagePoint | null = null;
  let edge: ImagePoint | null = null;
  let cornerReach = tolerance;
  let edgeReach = tolerance;
  for (const shape of shapes) {
    if (!boundsContain(shape.bounds, point, tolerance)) continue;
    for (const outline of outlines(shape.geometry)) {
      outline.forEach((from, index) => {
        const off = distance(from, point);
        if (off <= cornerReach) {
          corner = from;
          cornerReach = off;
        }
        const on = nearestOnSegment(point, from, outline[(index + 1) % outline.length] ?? from);
        if (distance(on, point) <= edgeReach) {
          edge = on;
          edgeReach = distance(on, point);
        }
      });
    }
  }
  if (corner ?? edge) return (corner ?? edge) as unknown as ImagePoint;
  const rim = (value: number, room: number) => {
    if (Math.abs(value) <= tolerance) return 0;
    return Math.abs(value - room) <= tolerance ? room : value;
  };
  return imagePoint(rim(point.x, image.width), rim(point.y, image.height));
}
