import { distance, type ImagePoint } from "../geometry/point";
import { simplify } from "../geometry/polygon";
import { DRAG_PX, pointAt, reach_px, type ToolContext } from "./context";
import type { Pointing, State } from "./machine";

/** A polygon by clicks, or freehand with Shift and a drag. Enter, N, a double click or the first point closes it; Ctrl snaps. */
export function polygonTool(context: ToolContext): State {
  return {
    busy: false,
    enter: () => context.cursor("crosshair"),
    down(at) {
      if (at.button !== 0) return undefined;
      const first = pointAt(context, at);
      return at.shift ? freehand(context, [first], true) : clicking(context, [first]);
    },
  };
}

function close(context: ToolContext, points: readonly ImagePoint[]): State {
  // The two clicks of a double click land on one spot: one vertex, not two.
  const distinct = points.filter(
    (p, i) => i === 0 || distance(p, points[i - 1] as ImagePoint) > context.pixels(DRAG_PX),
  );
  if (distinct.length >= 3)
    context.draw({ type: "polygon", rings: [distinct.map(({ x, y }): [number, number] => [x, y])] });
  return polygonTool(context);
}

function clicking(context: ToolContext, points: readonly ImagePoint[]): State {
  const [first] = points;
  const nearFirst = (at: Pointing) =>
    first !== undefined && points.length >= 3 && distance(at.image, first) <= context.pixels(reach_px(at) + 3);
  const show = (at: Pointing): undefined => {
    const closes = nearFirst(at);
    context.draft({ kind: "path", points, cursor: closes && first ? first : pointAt(context, at), closes });
  };
  return {
    busy: true,
    enter: () =>
      context.draft({ kind: "path", points, cursor: points[points.length - 1] as ImagePoint, closes: false }),
    exit: () => context.draft(null),
    move: show,
    down(at) {
      if (at.button === 2) return withoutLast(context, points);
      if (at.button !== 0) return undefined;
      if (nearFirst(at)) return close(context, points);
      const more = [...points, pointAt(context, at)];
      return at.shift ? freehand(context, more, false) : clicking(context, more);
    },
    double: () => close(context, points),
    intent(intent) {
      if (intent === "cancel") return polygonTool(context);
      if (intent === "finish") return close(context, points);
      return intent === "remove_last" ? withoutLast(context, points) : undefined;
    },
  };
}

function withoutLast(context: ToolContext, points: readonly ImagePoint[]): State {
  return points.length > 1 ? clicking(context, points.slice(0, -1)) : polygonTool(context);
}

/** The pointer leaves a trail until it is released; a trail that began the polygon also closes it. */
function freehand(context: ToolContext, before: readonly ImagePoint[], whole: boolean): State {
  const trail = [...before];
  return {
    busy: true,
    exit: () => context.draft(null),
    move(at) {
      const point = pointAt(context, at);
      if (distance(point, trail[trail.length - 1] as ImagePoint) >= context.pixels(2)) trail.push(point);
      context.draft({ kind: "path", points: trail, cursor: point, closes: false });
      return undefined;
    },
    up() {
      const drawn = simplify(trail.slice(before.length - 1), context.pixels(1.5));
      const points = [...before.slice(0, -1), ...drawn];
      return whole && points.length >= 3 ? close(context, points) : clicking(context, points);
    },
    intent: (intent) => (intent === "cancel" ? polygonTool(context) : undefined),
  };
}
