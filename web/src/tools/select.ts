import type { SceneShape } from "../canvas/scene";
import { HANDLES, type Handle } from "../geometry/box";
import { cycle, hitHandle, hitTest, hitVertex, nearestEdge } from "../geometry/hitTest";
import type { ImagePoint } from "../geometry/point";
import { deleteVertex, insertVertex } from "../geometry/polygon";
import { DRAG_PX, reach_px, type ToolContext } from "./context";
import type { Pointing, State } from "./machine";
import { pointingCanvas } from "./marquee";
import { movingVertex } from "./moveVertex";
import { resizing } from "./resize";
import { translating } from "./translate";

/** Select, move, resize and edit vertices. */
export function selectTool(context: ToolContext): State {
  let last: Pointing | null = null;
  const idle = () => selectTool(context);
  return {
    busy: false,
    enter: () => context.cursor("default"),
    move(at) {
      last = at;
      const [top] = hitTest(context.shapes(), at.image, context.pixels(2));
      context.hover(top?.id ?? null);
      context.cursor(cursorAt(context, at, top));
      return undefined;
    },
    down(at) {
      if (at.button !== 0) return undefined;
      return pressOnSole(context, at, idle) ?? pressOnShape(context, at, idle);
    },
    double(at) {
      const [top] = hitTest(context.shapes(), at.image, context.pixels(2));
      if (top) context.editCategory(top.id);
      return undefined;
    },
    intent(intent) {
      if (intent !== "delete" || !last) return undefined;
      return removeVertex(context, last.image, context.pixels(reach_px(last))) ? "handled" : undefined;
    },
  };
}

/** A press on a handle, vertex or edge of the one selected shape. */
function pressOnSole(context: ToolContext, at: Pointing, idle: () => State): State | undefined {
  const [sole, ...others] = context.selected();
  if (!sole || others.length > 0 || sole.locked) return undefined;
  const reach = context.pixels(reach_px(at));
  const { geometry } = sole;
  if (geometry.type === "box") {
    const handle = hitHandle(geometry, at.image, reach);
    return handle ? resizing(context, sole, geometry, handle, idle) : undefined;
  }
  if (geometry.type === "polygon" && !at.shift) {
    const vertex = hitVertex(geometry, at.image, reach);
    if (vertex && at.alt) {
      removeVertex(context, at.image, reach);
      return undefined;
    }
    if (vertex) return movingVertex(context, sole, geometry, vertex, idle);
    const edge = nearestEdge(geometry, at.image, reach);
    if (edge && !at.alt)
      return movingVertex(context, sole, insertVertex(geometry, edge.at, edge.point), edge.at, idle, true);
  }
  return undefined;
}

function pressOnShape(context: ToolContext, at: Pointing, idle: () => State): State {
  const hits = hitTest(context.shapes(), at.image, context.pixels(2));
  const [top] = hits;
  if (!top) return pointingCanvas(context, at, idle);
  if (at.shift) {
    context.select([top.id], "toggle");
    return idle();
  }
  const selected = new Set(context.selected().map((shape) => shape.id));
  const held = hits.find((hit) => selected.has(hit.id));
  if (!held) context.select([top.id]);
  return pointingShape(context, at, hits, held?.id, idle);
}

/** Pressed on a shape: a drag moves the selection, a second click in place goes down the stack. */
function pointingShape(
  context: ToolContext,
  from: Pointing,
  hits: readonly SceneShape[],
  held: string | undefined,
  idle: () => State,
): State {
  return {
    busy: true,
    move(at) {
      const moved = Math.hypot(at.screen.x - from.screen.x, at.screen.y - from.screen.y);
      return moved > DRAG_PX ? translating(context, from, at, idle) : undefined;
    },
    up() {
      const next = held ? cycle(hits, held) : undefined;
      if (next) context.select([next.id]);
      return idle();
    },
    intent: (intent) => (intent === "cancel" ? idle() : undefined),
  };
}

function removeVertex(context: ToolContext, at: ImagePoint, reach: number): boolean {
  const [sole, ...others] = context.selected();
  if (!sole || others.length > 0 || sole.geometry.type !== "polygon") return false;
  const vertex = hitVertex(sole.geometry, at, reach);
  const without = vertex ? deleteVertex(sole.geometry, vertex) : null;
  if (without) context.reshape([{ id: sole.id, geometry: without }]);
  return without !== null;
}

function cursorAt(context: ToolContext, at: Pointing, top: SceneShape | undefined): string {
  const [sole, ...others] = context.selected();
  const reach = context.pixels(reach_px(at));
  if (sole && others.length === 0 && !sole.locked) {
    if (sole.geometry.type === "box") {
      const handle = hitHandle(sole.geometry, at.image, reach);
      if (handle) return resizeCursor(handle);
    } else if (sole.geometry.type === "polygon") {
      if (hitVertex(sole.geometry, at.image, reach)) return at.alt ? "not-allowed" : "grab";
      if (nearestEdge(sole.geometry, at.image, reach)) return "copy";
    }
  }
  return top ? "move" : "default";
}

function resizeCursor(handle: Handle): string {
  const names = ["nwse-resize", "ns-resize", "nesw-resize", "ew-resize"];
  return names[HANDLES.findIndex((each) => each.dx === handle.dx && each.dy === handle.dy) % 4] ?? "default";
}
