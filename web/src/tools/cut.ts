import { clampPoint, type ToolContext } from "./context";
import type { Pointing, State } from "./machine";
import { strokeTool } from "./stroke";

/** A line by dragging or by two clicks; polygons part along it. */
export function cutTool(context: ToolContext): State {
  const endAt = (at: Pointing) => clampPoint(at.image, context.image());
  return strokeTool(context, {
    draft: (anchor, at) => ({ kind: "path", points: [anchor], cursor: endAt(at), closes: false }),
    end: (anchor, at) => context.cut(anchor, endAt(at)),
  });
}
