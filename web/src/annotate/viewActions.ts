import { type Bounds, encloses, grow } from "../geometry/bounds";
import { type ScreenPoint, screenPoint } from "../geometry/point";
import {
  centreOn,
  clampPan,
  clampScale,
  fitted,
  frame,
  panBy,
  type Viewport,
  visibleBounds,
  zoomAt,
} from "../geometry/viewport";
import type { EditorStore } from "./store";

/** Around a shape that Tab goes to, this many of its own sizes stay in view, at up to 6 screen pixels a pixel. */
const FRAME_ROOM = 1.1;
const FRAME_SCALE = 6;

export function setViewport(store: EditorStore, viewport: Viewport): void {
  const { image, canvas } = store.getState();
  store.setState({ viewport: image ? clampPan(viewport, image, canvas) : viewport });
}

export function pan(store: EditorStore, dx: number, dy: number): void {
  setViewport(store, panBy(store.getState().viewport, dx, dy));
}

export function zoomBy(store: EditorStore, factor: number, at?: ScreenPoint | null): void {
  const { image, canvas, viewport } = store.getState();
  if (!image) return;
  const pointer = at ?? screenPoint(canvas.width / 2, canvas.height / 2);
  setViewport(store, zoomAt(viewport, pointer, clampScale(viewport.scale * factor, image, canvas)));
}

export function fitImage(store: EditorStore): void {
  const { image, canvas } = store.getState();
  if (image) store.setState({ viewport: fitted(image, canvas) });
}

export function actualSize(store: EditorStore, at?: ScreenPoint | null): void {
  const { canvas, viewport } = store.getState();
  setViewport(store, zoomAt(viewport, at ?? screenPoint(canvas.width / 2, canvas.height / 2), 1));
}

/** Go to a shape, close enough to judge it. */
export function frameShape(store: EditorStore, bounds: Bounds): void {
  const margin = Math.max(bounds.width, bounds.height) * FRAME_ROOM;
  store.setState({ viewport: frame(grow(bounds, margin), store.getState().canvas, 24, FRAME_SCALE) });
}

/** Scroll a shape into view without changing the zoom, if it is not in view already. */
export function reveal(store: EditorStore, bounds: Bounds): void {
  const { canvas, viewport } = store.getState();
  if (!encloses(visibleBounds(viewport, canvas), bounds)) setViewport(store, centreOn(bounds, canvas, viewport.scale));
}
