import { boundsOf, encloses } from "../geometry/bounds";
import { DRAG_PX, type ToolContext } from "./context";
import type { Pointing, State } from "./machine";

/** Pressed on bare image: a click selects nothing, a drag selects what it encloses; Shift adds. */
export function pointingCanvas(context: ToolContext, from: Pointing, idle: () => State): State {
  const bounds = (at: Pointing) => boundsOf([from.image, at.image]);
  let dragged = false;
  return {
    busy: true,
    exit: () => context.draft(null),
    move(at) {
      dragged ||= Math.hypot(at.screen.x - from.screen.x, at.screen.y - from.screen.y) > DRAG_PX;
      if (dragged) context.draft({ kind: "marquee", bounds: bounds(at) });
      return undefined;
    },
    up(at) {
      const enclosed = dragged ? context.shapes().filter((shape) => encloses(bounds(at), shape.bounds)) : [];
      const kept = from.shift ? context.selected().map((shape) => shape.id) : [];
      context.select([...new Set([...kept, ...enclosed.map((shape) => shape.id)])]);
      return idle();
    },
    intent: (intent) => (intent === "cancel" ? idle() : undefined),
  };
}
