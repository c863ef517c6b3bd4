import { union } from "../geometry/bounds";
import { clampMove, translate } from "../geometry/geometry";
import type { ToolContext } from "./context";
import type { Pointing, State } from "./machine";

/** Dragging the selection. Shift keeps to one axis; the image's rim stops it. */
export function translating(context: ToolContext, from: Pointing, first: Pointing, idle: () => State): State {
  const movable = context.selected().filter((shape) => !shape.locked && shape.geometry.type !== "mask");
  const bounds = union(movable.map((shape) => shape.bounds));
  const moved = (at: Pointing) => {
    const dx = at.image.x - from.image.x;
    const dy = at.image.y - from.image.y;
    const sideways = Math.abs(dx) > Math.abs(dy);
    const by = clampMove(bounds, at.shift && !sideways ? 0 : dx, at.shift && sideways ? 0 : dy, context.image());
    return movable.map(({ id, geometry }) => ({ id, geometry: translate(geometry, by.dx, by.dy) }));
  };
  const show = (at: Pointing) =>
    context.draft({ kind: "lifted", geometries: new Map(moved(at).map(({ id, geometry }) => [id, geometry])) });
  return {
    busy: true,
    enter: () => {
      context.cursor("grabbing");
      show(first);
    },
    exit: () => context.draft(null),
    move(at) {
      show(at);
      return undefined;
    },
    up(at) {
      if (movable.length > 0) context.reshape(moved(at));
      return idle();
    },
    intent: (intent) => (intent === "cancel" ? idle() : undefined),
  };
}
