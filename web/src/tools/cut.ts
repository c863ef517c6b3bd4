import type { ImagePoint } from "../geometry/point";
import { clampPoint, DRAG_PX, type ToolContext } from "./context";
import type { Pointing, State } from "./machine";

/** A line by dragging or by two clicks; polygons part along it. */
export function cutTool(context: ToolContext): State {
  return {
    busy: false,
    enter: () => context.cursor("crosshair"),
    down: (at) => (at.button === 0 ? pressed(context, at) : undefined),
  };
}

function pressed(context: ToolContext, from: Pointing): State {
  const anchor = clampPoint(from.image, context.image());
  return {
    busy: true,
    move(at) {
      const moved = Math.hypot(at.screen.x - from.screen.x, at.screen.y - from.screen.y);
      return moved > DRAG_PX ? stretching(context, anchor, at, "up") : undefined;
    },
    up: (at) => stretching(context, anchor, at, "down"),
    intent: (intent) => (intent === "cancel" ? cutTool(context) : undefined),
  };
}

function stretching(context: ToolContext, anchor: ImagePoint, first: Pointing, ends: "up" | "down"): State {
  const show = (at: Pointing): undefined => {
    context.draft({ kind: "path", points: [anchor], cursor: clampPoint(at.image, context.image()), closes: false });
  };
  const end = (at: Pointing): State => {
    context.cut(anchor, clampPoint(at.image, context.image()));
    return cutTool(context);
  };
  return {
    busy: true,
    enter: () => show(first),
    exit: () => context.draft(null),
    move: show,
    [ends]: (at: Pointing) => (at.button === 2 ? cutTool(context) : end(at)),
    intent: (intent) => (intent === "cancel" || intent === "remove_last" ? cutTool(context) : undefined),
  };
}
