import { type Bounds, boundsOf, union } from "../geometry/bounds";
import type { Viewport } from "../geometry/viewport";
import type { SceneShape } from "./scene";

/** Half a stroke and its smoothing reach over the edge of a shape, in screen pixels. */
export const REACH_PX = 2;
/** With this many changes nearly everything has to be painted anyway. */
const MOST = 200;

/** Shapes of either list that the other has not; null when the rest are not in the same order. */
function changedShapes(before: readonly SceneShape[], after: readonly SceneShape[]): SceneShape[] | null {
  const [old, fresh] = [new Set(before), new Set(after)];
  const stayed = before.filter((shape) => fresh.has(shape));
  let next = 0;
  for (const shape of after) if (old.has(shape) && shape !== stayed[next++]) return null;
  return [...before.filter((shape) => !fresh.has(shape)), ...after.filter((shape) => !old.has(shape))];
}

/**
 * The rectangle of the screen outside which `after` looks like `before`, on whole device pixels, so that clipping to it
 * leaves no seam; null when it is not worth it.
 */
export function damage(
  before: readonly SceneShape[],
  after: readonly SceneShape[],
  { scale, tx, ty }: Viewport,
  pixelRatio: number,
): Bounds | null {
  const changed = changedShapes(before, after);
  if (!changed || changed.length === 0 || changed.length > MOST) return null;
  const { x, y, width, height } = union(changed.map(({ bounds }) => bounds));
  const down = (px: number) => Math.floor((px - REACH_PX) * pixelRatio) / pixelRatio;
  const up = (px: number) => Math.ceil((px + REACH_PX) * pixelRatio) / pixelRatio;
  return boundsOf([
    { x: down(x * scale + tx), y: down(y * scale + ty) },
    { x: up((x + width) * scale + tx), y: up((y + height) * scale + ty) },
  ]);
}
