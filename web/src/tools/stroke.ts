import type { Draft } from "../canvas/scene";
import type { ImagePoint } from "../geometry/point";
import { clampPoint, DRAG_PX, type ToolContext } from "./context";
import type { Pointing, State } from "./machine";

/** What goes from an anchor to where the pointer is: how it looks on the way, and what it does at its end. */
export interface Stroke {
  draft(anchor: ImagePoint, at: Pointing): Draft;
  end(anchor: ImagePoint, at: Pointing): void;
}

/** By dragging or by two clicks: more than 4 px of movement while pressed decides. */
export function strokeTool(context: ToolContext, stroke: Stroke): State {
  return {
    busy: false,
    enter: () => context.cursor("crosshair"),
    down: (at) => (at.button === 0 ? pressed(context, stroke, at) : undefined),
  };
}

function pressed(context: ToolContext, stroke: Stroke, from: Pointing): State {
  const anchor = clampPoint(from.image, context.image());
  return {
    busy: true,
    move(at) {
      const moved = Math.hypot(at.screen.x - from.screen.x, at.screen.y - from.screen.y);
      return moved > DRAG_PX ? stretching(context, stroke, anchor, at, "up") : undefined;
    },
    up: (at) => stretching(context, stroke, anchor, at, "down"),
    intent: (intent) => (intent === "cancel" ? strokeTool(context, stroke) : undefined),
  };
}

/** The other end follows the pointer until the release of a drag ("up") or the second click ("down"). */
function stretching(
  context: ToolContext,
  stroke: Stroke,
  anchor: ImagePoint,
  first: Pointing,
  ends: "up" | "down",
): State {
  const show = (at: Pointing): undefined => {
    context.draft(stroke.draft(anchor, at));
  };
  return {
    busy: true,
    enter: () => show(first),
    exit: () => context.draft(null),
    move: show,
    [ends]: (at: Pointing) => {
      if (at.button !== 2) stroke.end(anchor, at);
      return strokeTool(context, stroke);
    },
    intent: (intent) => (intent === "cancel" || intent === "remove_last" ? strokeTool(context, stroke) : undefined),
  };
}
