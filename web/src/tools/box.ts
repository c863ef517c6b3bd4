import { boxFromCorners } from "../geometry/box";
import type { ImagePoint } from "../geometry/point";
import { pointAt, type ToolContext } from "./context";
import type { Pointing, State } from "./machine";
import { strokeTool } from "./stroke";

/** A box by dragging or by two clicks. Shift makes a square, Ctrl snaps. */
export function boxTool(context: ToolContext): State {
  const box = (anchor: ImagePoint, at: Pointing) => boxFromCorners(anchor, pointAt(context, at), at.shift);
  return strokeTool(context, {
    draft: (anchor, at) => ({ kind: "shape", geometry: box(anchor, at) }),
    end: (anchor, at) => context.draw(box(anchor, at)),
  });
}
