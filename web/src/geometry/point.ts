declare const space: unique symbol;

/** A point in absolute pixels of the EXIF-oriented image. Branded so that a missing conversion does not compile. */
export interface ImagePoint {
  readonly x: number;
  readonly y: number;
  readonly [space]: "image";
}

/** A point in CSS pixels from the top-left corner of the canvas. */
export interface ScreenPoint {
  readonly x: number;
  readonly y: number;
  readonly [space]: "screen";
}

export const imagePoint = (x: number, y: number): ImagePoint => ({ x, y }) as ImagePoint;
export const screenPoint = (x: number, y: number): ScreenPoint => ({ x, y }) as ScreenPoint;

/** Distance between two points of the same space. */
export function distance<P extends ImagePoint | ScreenPoint>(a: P, b: P): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

export interface Size {
  readonly width: number;
  readonly height: number;
}
