import { boxFromCorners } from "../geometry/box";
import type { ImagePoint } from "../geometry/point";
import { snap } from "../geometry/snap";
import { clampPoint, DRAG_PX, reach_px, type ToolContext } from "./context";
import type { Pointing, State } from "./machine";

/** A box by dragging or by two clicks: more than 4 px of movement while pressed decides. Shift makes a square, Ctrl snaps. */
export function boxTool(context: ToolContext): State {
  return {
    busy: false,
    enter: () => context.cursor("crosshair"),
    down: (at) => (at.button === 0 ? pressed(context, at) : undefined),
  };
}

function cornerAt(context: ToolContext, at: Pointing): ImagePoint {
  const point = at.ctrl
    ? snap(at.image, context.shapes(), context.image(), context.pixels(2 * reach_px(at)))
    : at.image;
  return clampPoint(point, context.image());
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
    intent: (intent) => (intent === "cancel" ? boxTool(context) : undefined),
  };
}

/** The second corner follows the pointer until the release of a drag ("up") or the second click ("down"). */
function stretching(context: ToolContext, anchor: ImagePoint, first: Pointing, ends: "up" | "down"): State {
  const box = (at: Pointing) => boxFromCorners(anchor, cornerAt(context, at), at.shift);
  const show = (at: Pointing): undefined => {
    context.draft({ kind: "shape", geometry: box(at) });
  };
  const end = (at: Pointing): State => {
    context.draw(box(at));
    return boxTool(context);
  };
  return {
    busy: true,
    enter: () => show(first),
    exit: () => context.draft(null),
    move: show,
    [ends]: (at: Pointing) => (at.button === 2 ? boxTool(context) : end(at)),
    intent: (intent) => (intent === "cancel" || intent === "remove_last" ? boxTool(context) : undefined),
  };
}
