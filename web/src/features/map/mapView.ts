import type { Point } from "./lasso";

/** Where the map's plane (each coordinate -1 to 1) lies on the canvas: screen = map * scale + offset, in CSS px. */
export interface MapView {
  scale: number;
  x: number;
  y: number;
}

const MARGIN_PX = 24;
const MOST = 200;

/** The whole plane in the middle of a canvas. */
export function fitted(width: number, height: number): MapView {
  const scale = Math.max(10, Math.min(width, height) / 2 - MARGIN_PX);
  return { scale, x: width / 2, y: height / 2 };
}

export function toScreen(view: MapView, point: Point): Point {
  return { x: point.x * view.scale + view.x, y: point.y * view.scale + view.y };
}

export function toMap(view: MapView, point: Point): Point {
  return { x: (point.x - view.x) / view.scale, y: (point.y - view.y) / view.scale };
}

/** Zoom by `factor`; the place under the pointer stays under it. */
export function zoomed(view: MapView, pointer: Point, factor: number): MapView {
  const scale = Math.min(MOST * 1000, Math.max(MOST / 4, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: pointer.x - (pointer.x - view.x) * ratio, y: pointer.y - (pointer.y - view.y) * ratio };
}

/** The item nearest to the pointer within `reach` px, or undefined. */
export function nearest<T extends Point>(
  items: readonly T[],
  view: MapView,
  pointer: Point,
  reach: number,
): T | undefined {
  const at = toMap(view, pointer);
  let best: T | undefined;
  let shortest = (reach / view.scale) ** 2;
  for (const item of items) {
    const distance = (item.x - at.x) ** 2 + (item.y - at.y) ** 2;
    if (distance <= shortest) [best, shortest] = [item, distance];
  }
  return best;
}
