import { type Bounds, boundsOf } from "./bounds";
import { type Box, clipBox } from "./box";
import { type Mask, maskArea, maskBounds } from "./mask";
import type { Size } from "./point";
import { type Polygon, polygonArea, vertexPoint } from "./polygon";

/** The wire's geometry, absolute pixels of the EXIF-oriented image. */
export type Geometry = Box | Polygon | Mask;

export function sameGeometry(a: Geometry, b: Geometry): boolean {
  if (a === b) return true;
  if (a.type === "box")
    return b.type === "box" && a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
  if (a.type === "polygon") return b.type === "polygon" && JSON.stringify(a.rings) === JSON.stringify(b.rings);
  return b.type === "mask" && a.counts === b.counts && `${a.size}` === `${b.size}`;
}

export function geometryBounds(geometry: Geometry): Bounds {
  switch (geometry.type) {
    case "box":
      return geometry;
    case "polygon":
      return boundsOf((geometry.rings[0] ?? []).map(vertexPoint));
    case "mask":
      return maskBounds(geometry);
  }
}

export function geometryArea(geometry: Geometry): number {
  switch (geometry.type) {
    case "box":
      return geometry.width * geometry.height;
    case "polygon":
      return polygonArea(geometry);
    case "mask":
      return maskArea(geometry);
  }
}

/** Moved by whole or fractional image pixels. A mask is tied to its raster and stays. */
export function translate<G extends Geometry>(geometry: G, dx: number, dy: number): G;
export function translate(geometry: Geometry, dx: number, dy: number): Geometry {
  switch (geometry.type) {
    case "box":
      return { ...geometry, x: geometry.x + dx, y: geometry.y + dy };
    case "polygon":
      return { type: "polygon", rings: geometry.rings.map((ring) => ring.map(([x, y]) => [x + dx, y + dy])) };
    case "mask":
      return geometry;
  }
}

/** The largest part of (dx, dy) that keeps `bounds` inside the image; 0 on an axis where it is already outside. */
export function clampMove(bounds: Bounds, dx: number, dy: number, image: Size): { dx: number; dy: number } {
  const axis = (from: number, extent: number, by: number, room: number) =>
    extent > room ? 0 : Math.min(room - extent - from, Math.max(-from, by));
  return {
    dx: axis(bounds.x, bounds.width, dx, image.width),
    dy: axis(bounds.y, bounds.height, dy, image.height),
  };
}

/** Clipped to the image and rounded to 1/100 px; null when nothing with an area is left. */
export function settle(geometry: Geometry, image: Size, smallest_px = 1): Geometry | null {
  const round = (value: number) => Math.round(value * 100) / 100;
  if (geometry.type === "mask") return geometry;
  if (geometry.type === "box") {
    const { x, y, width, height } = clipBox(geometry, image);
    if (width < smallest_px || height < smallest_px) return null;
    return {
      type: "box",
      x: round(x),
      y: round(y),
      width: Math.min(round(width), image.width - round(x)),
      height: Math.min(round(height), image.height - round(y)),
    };
  }
  const clamp = (value: number, room: number) => round(Math.min(room, Math.max(0, value)));
  const rings = geometry.rings
    .map((ring) => ring.map(([x, y]): [number, number] => [clamp(x, image.width), clamp(y, image.height)]))
    .filter((ring) => ring.length >= 3);
  const settled: Polygon = { type: "polygon", rings };
  return polygonArea(settled) < smallest_px ? null : settled;
}
