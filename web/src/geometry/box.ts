import { boundsOf } from "./bounds";
import { type ImagePoint, imagePoint, type Size } from "./point";

/** COCO's box: top-left corner and size in absolute image pixels, fractions allowed. */
export interface Box {
  type: "box";
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Which sides a handle moves: -1 left or top, 1 right or bottom, 0 neither. */
export interface Handle {
  readonly dx: -1 | 0 | 1;
  readonly dy: -1 | 0 | 1;
}

export const HANDLES: readonly Handle[] = [
  { dx: -1, dy: -1 },
  { dx: 0, dy: -1 },
  { dx: 1, dy: -1 },
  { dx: 1, dy: 0 },
  { dx: 1, dy: 1 },
  { dx: 0, dy: 1 },
  { dx: -1, dy: 1 },
  { dx: -1, dy: 0 },
];

const box = (x: number, y: number, width: number, height: number): Box => ({ type: "box", x, y, width, height });

export function boxFromPoints(points: readonly ImagePoint[]): Box {
  const { x, y, width, height } = boundsOf(points);
  return box(x, y, width, height);
}

/** The box between two corners; a square whose fixed corner is `anchor` when asked. */
export function boxFromCorners(anchor: ImagePoint, corner: ImagePoint, square = false): Box {
  if (!square) return boxFromPoints([anchor, corner]);
  const side = Math.max(Math.abs(corner.x - anchor.x), Math.abs(corner.y - anchor.y));
  const opposite = imagePoint(
    anchor.x + Math.sign(corner.x - anchor.x || 1) * side,
    anchor.y + Math.sign(corner.y - anchor.y || 1) * side,
  );
  return boxFromPoints([anchor, opposite]);
}

export function handlePoint(of: Box, handle: Handle): ImagePoint {
  return imagePoint(of.x + ((handle.dx + 1) / 2) * of.width, of.y + ((handle.dy + 1) / 2) * of.height);
}

/** Move the sides that `handle` holds to `point`; a side dragged past its opposite turns the box over. */
export function resizeBox(of: Box, handle: Handle, point: ImagePoint, keepAspect = false): Box {
  const anchor = handlePoint(of, { dx: -handle.dx as Handle["dx"], dy: -handle.dy as Handle["dy"] });
  const moved = imagePoint(handle.dx === 0 ? of.x + of.width : point.x, handle.dy === 0 ? of.y + of.height : point.y);
  const fixed = imagePoint(handle.dx === 0 ? of.x : anchor.x, handle.dy === 0 ? of.y : anchor.y);
  if (!keepAspect || handle.dx === 0 || handle.dy === 0 || of.width === 0 || of.height === 0)
    return boxFromCorners(fixed, moved);
  const ratio = Math.max(Math.abs(moved.x - fixed.x) / of.width, Math.abs(moved.y - fixed.y) / of.height);
  const corner = imagePoint(
    fixed.x + Math.sign(moved.x - fixed.x || handle.dx) * of.width * ratio,
    fixed.y + Math.sign(moved.y - fixed.y || handle.dy) * of.height * ratio,
  );
  return boxFromCorners(fixed, corner);
}

/** Cut what lies outside the image. Width or height may become 0: the caller refuses such a box. */
export function clipBox(of: Box, image: Size): Box {
  const left = Math.min(image.width, Math.max(0, of.x));
  const top = Math.min(image.height, Math.max(0, of.y));
  const right = Math.min(image.width, Math.max(0, of.x + of.width));
  const bottom = Math.min(image.height, Math.max(0, of.y + of.height));
  return box(left, top, right - left, bottom - top);
}
