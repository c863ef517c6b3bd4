import type { ToolContext } from "./context";
import type { Pointing, State } from "./machine";

export function panTool(context: ToolContext): State {
  return {
    busy: false,
    enter: () => context.cursor("grab"),
    down: (at) => (at.button === 0 ? panning(context, at) : undefined),
  };
}

function panning(context: ToolContext, from: Pointing): State {
  let last = from.screen;
  return {
    busy: true,
    enter: () => context.cursor("grabbing"),
    move(at) {
      context.pan(at.screen.x - last.x, at.screen.y - last.y);
      last = at.screen;
      return undefined;
    },
    up: () => panTool(context),
    intent: (intent) => (intent === "cancel" ? panTool(context) : undefined),
  };
}
