import type { SceneShape } from "../canvas/scene";
import { type Box, clipBox, type Handle, resizeBox } from "../geometry/box";
import { clampPoint, type ToolContext } from "./context";
import type { Pointing, State } from "./machine";

/** Dragging one handle of a box. Shift keeps the proportions. */
export function resizing(context: ToolContext, shape: SceneShape, box: Box, handle: Handle, idle: () => State): State {
  const resized = (at: Pointing) =>
    clipBox(resizeBox(box, handle, clampPoint(at.image, context.image()), at.shift), context.image());
  let moved = false;
  return {
    busy: true,
    exit: () => context.draft(null),
    move(at) {
      moved = true;
      context.draft({ kind: "lifted", geometries: new Map([[shape.id, resized(at)]]) });
      return undefined;
    },
    up(at) {
      if (moved) context.reshape([{ id: shape.id, geometry: resized(at) }]);
      return idle();
    },
    intent: (intent) => (intent === "cancel" ? idle() : undefined),
  };
}
