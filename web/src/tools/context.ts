import type { Draft, SceneShape } from "../canvas/scene";
import type { Geometry } from "../geometry/geometry";
import type { ImagePoint, Size } from "../geometry/point";
import { snap } from "../geometry/snap";
import type { Pointing } from "./machine";

export interface Reshape {
  readonly id: string;
  readonly geometry: Geometry;
}

/** All that a tool may see and do. */
export interface ToolContext {
  image(): Size;
  /** Shapes that can be hit: shown and not locked. */
  shapes(): readonly SceneShape[];
  selected(): readonly SceneShape[];
  select(ids: readonly string[], mode?: "replace" | "toggle"): void;
  hover(id: string | null): void;
  draft(draft: Draft | null): void;
  cursor(css: string): void;
  draw(geometry: Geometry): void;
  /** Part polygons along the line through two points. */
  cut(from: ImagePoint, to: ImagePoint): void;
  reshape(changes: readonly Reshape[]): void;
  pan(dx: number, dy: number): void;
  /** The class palette at a shape. */
  editCategory(id: string): void;
  /** Screen pixels expressed in image pixels. */
  pixels(screen: number): number;
}

/** Beyond this many screen pixels a press is a drag. */
export const DRAG_PX = 4;

/** How near counts as a hit, in screen pixels: fingers are wider than pointers. */
export function reach_px(at: Pointing): number {
  return at.pointerType === "touch" ? 18 : 7;
}

export function clampPoint(point: ImagePoint, image: Size): ImagePoint {
  return {
    ...point,
    x: Math.min(image.width, Math.max(0, point.x)),
    y: Math.min(image.height, Math.max(0, point.y)),
  };
}

/** Where a corner goes: at the pointer, or with Ctrl on a border nearby; never outside the image. */
export function pointAt(context: ToolContext, at: Pointing): ImagePoint {
  const point = at.ctrl
    ? snap(at.image, context.shapes(), context.image(), context.pixels(2 * reach_px(at)))
    : at.image;
  return clampPoint(point, context.image());
}
