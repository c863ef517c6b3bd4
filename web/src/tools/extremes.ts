import { boxFromPoints } from "../geometry/box";
import type { ImagePoint } from "../geometry/point";
import { clampPoint, type ToolContext } from "./context";
import type { State } from "./machine";

/** A box by its top-, left-, bottom- and rightmost points, in any order: 7 s against 35 s a box (Papadopoulos et al., ICCV 2017). */
export function extremesTool(context: ToolContext, points: readonly ImagePoint[] = []): State {
  return {
    busy: points.length > 0,
    enter: () => {
      context.cursor("crosshair");
      context.draft(points.length > 0 ? { kind: "points", points } : null);
    },
    exit: () => context.draft(null),
    down(at) {
      if (at.button === 2) return extremesTool(context, points.slice(0, -1));
      if (at.button !== 0) return undefined;
      const all = [...points, clampPoint(at.image, context.image())];
      if (all.length < 4) return extremesTool(context, all);
      context.draw(boxFromPoints(all));
      return extremesTool(context);
    },
    intent(intent) {
      if (points.length === 0) return undefined;
      if (intent === "cancel") return extremesTool(context);
      return intent === "remove_last" ? extremesTool(context, points.slice(0, -1)) : undefined;
    },
  };
}
