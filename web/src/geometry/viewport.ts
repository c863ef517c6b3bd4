import type { Bounds } from "./bounds";
import { type ImagePoint, imagePoint, type ScreenPoint, type Size, screenPoint } from "./point";

/** screen = image * scale + t, in CSS pixels; devicePixelRatio enters once, where a canvas is sized. */
export interface Viewport {
  readonly scale: number;
  readonly tx: number;
  readonly ty: number;
}

export const MAX_SCALE = 64;

export function toScreen(viewport: Viewport, point: ImagePoint): ScreenPoint {
  return screenPoint(point.x * viewport.scale + viewport.tx, point.y * viewport.scale + viewport.ty);
}

export function toImage(viewport: Viewport, point: ScreenPoint): ImagePoint {
  return imagePoint((point.x - viewport.tx) / viewport.scale, (point.y - viewport.ty) / viewport.scale);
}

/** Zoom so that the image point under `pointer` stays under it. */
export function zoomAt(viewport: Viewport, pointer: ScreenPoint, scale: number): Viewport {
  const ratio = scale / viewport.scale;
  return {
    scale,
    tx: pointer.x - (pointer.x - viewport.tx) * ratio,
    ty: pointer.y - (pointer.y - viewport.ty) * ratio,
  };
}

export function panBy(viewport: Viewport, dx: number, dy: number): Viewport {
  return { scale: viewport.scale, tx: viewport.tx + dx, ty: viewport.ty + dy };
}

/** The whole image, centred, with a margin in screen pixels around it. */
export function fitted(image: Size, canvas: Size, margin = 24): Viewport {
  return frame({ x: 0, y: 0, width: image.width, height: image.height }, canvas, margin);
}

/** Centre `bounds` (image pixels) as large as the canvas allows. */
export function frame(bounds: Bounds, canvas: Size, margin: number, maxScale = MAX_SCALE): Viewport {
  const room = { width: Math.max(1, canvas.width - 2 * margin), height: Math.max(1, canvas.height - 2 * margin) };
  const scale = Math.min(
    maxScale,
    room.width / Math.max(bounds.width, 1e-6),
    room.height / Math.max(bounds.height, 1e-6),
  );
  return centreOn(bounds, canvas, scale);
}

export function centreOn(bounds: Bounds, canvas: Size, scale: number): Viewport {
  return {
    scale,
    tx: canvas.width / 2 - (bounds.x + bounds.width / 2) * scale,
    ty: canvas.height / 2 - (bounds.y + bounds.height / 2) * scale,
  };
}

/** Scale kept within half of the fitting one and 64 screen pixels per image pixel. */
export function clampScale(scale: number, image: Size, canvas: Size): number {
  const smallest = Math.min(1, fitted(image, canvas, 0).scale) * 0.5;
  return Math.min(MAX_SCALE, Math.max(smallest, scale));
}

/** Keep at least `keep` screen pixels of the image on the canvas, so that it cannot be lost. */
export function clampPan(viewport: Viewport, image: Size, canvas: Size, keep = 48): Viewport {
  const clamp = (t: number, extent: number, room: number) =>
    Math.min(room - Math.min(keep, extent), Math.max(Math.min(keep, extent) - extent, t));
  return {
    scale: viewport.scale,
    tx: clamp(viewport.tx, image.width * viewport.scale, canvas.width),
    ty: clamp(viewport.ty, image.height * viewport.scale, canvas.height),
  };
}

/** The part of image space that the canvas shows. */
export function visibleBounds(viewport: Viewport, canvas: Size): Bounds {
  return {
    x: -viewport.tx / viewport.scale,
    y: -viewport.ty / viewport.scale,
    width: canvas.width / viewport.scale,
    height: canvas.height / viewport.scale,
  };
}
