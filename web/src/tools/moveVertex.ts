import type { SceneShape } from "../canvas/scene";
import { moveVertex, type Polygon, type VertexAddress } from "../geometry/polygon";
import { snap } from "../geometry/snap";
import { clampPoint, reach_px, type ToolContext } from "./context";
import type { Pointing, State } from "./machine";

/** Dragging one vertex, Ctrl snaps. A vertex just inserted by clicking an edge is kept even when it is not dragged. */
export function movingVertex(
  context: ToolContext,
  shape: SceneShape,
  polygon: Polygon,
  at: VertexAddress,
  idle: () => State,
  inserted = false,
): State {
  let current = polygon;
  let changed = inserted;
  const target = (pointing: Pointing) => {
    if (!pointing.ctrl) return clampPoint(pointing.image, context.image());
    const others = context.shapes().filter((other) => other.id !== shape.id);
    return snap(pointing.image, others, context.image(), context.pixels(2 * reach_px(pointing)));
  };
  const show = () => context.draft({ kind: "lifted", geometries: new Map([[shape.id, current]]) });
  return {
    busy: true,
    enter: () => {
      context.cursor("grabbing");
      if (inserted) show();
    },
    exit: () => context.draft(null),
    move(pointing) {
      changed = true;
      current = moveVertex(polygon, at, target(pointing));
      show();
      return undefined;
    },
    up() {
      if (changed) context.reshape([{ id: shape.id, geometry: current }]);
      return idle();
    },
    intent: (intent) => (intent === "cancel" ? idle() : undefined),
  };
}
