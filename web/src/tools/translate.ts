import { union } from "../geometry/bounds";
import { clampMove, translate } from "../geometry/geometry";
import type { ToolContext } from "./context";
import type { Pointing, State } from "./machine";

/** Dragging the selection. Shift keeps to one axis; the image's rim stops it. */
export function translating(context: ToolContext, from: Pointing, first: Pointing, idle: () => State): State {
  const movable = context.selected().filter((shape) => !shape.locked && shape.geometry.type !== "mask");
  const bounds = union(movable.map((shape) => shape.bounds));
  const moved = (at: Pointing) => {
    let dx = at.image.x - from.image.x;
    let dy = at.image.y - from.image.y;
    if (at.shift) Math.abs(dx) > Math.abs(dy) ? (dy = 0) : (dx = 0);
    const by = clampMove(bounds, dx, dy, context.image());
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
