import { HANDLES, handlePoint } from "../geometry/box";
import type { Size } from "../geometry/point";
import { type ImagePoint, imagePoint } from "../geometry/point";
import { toScreen, type Viewport } from "../geometry/viewport";
import { drawLabel } from "./drawAnnotations";
import { strokeOutline, tracePolygon } from "./outline";
import type { Draft, Overlay, SceneShape } from "./scene";

const HANDLE_PX = 8;
const HALO = "rgba(0, 0, 0, 0.65)";

/** Paint everything that follows the pointer. All widths are screen pixels, whatever the zoom. */
export function drawOverlay(
  context: CanvasRenderingContext2D,
  overlay: Overlay,
  viewport: Viewport,
  canvas: Size,
): void {
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.lineJoin = "round";
  for (const { shape, who } of overlay.flashes) {
    haloed(context, shape, viewport, 3);
    drawLabel(context, who, shape, viewport, 220);
  }
  if (overlay.hovered) haloed(context, overlay.hovered, viewport, 2);
  for (const shape of overlay.selected) haloed(context, shape, viewport, 2);
  for (const shape of overlay.lifted) {
    fillLifted(context, shape, viewport);
    haloed(context, shape, viewport, 2);
  }
  const sole = overlay.selected.length === 1 ? overlay.selected[0] : undefined;
  if (sole && !sole.locked && overlay.lifted.length === 0) drawHandles(context, sole, viewport);
  if (overlay.draft) drawDraft(context, overlay.draft, overlay.draftColour, viewport);
  if (overlay.crosshair) drawCrosshair(context, overlay.crosshair.x, overlay.crosshair.y, canvas);
}

/** A dark line under a light one: visible on any picture. */
function haloed(context: CanvasRenderingContext2D, shape: SceneShape, viewport: Viewport, width: number): void {
  const geometry = shape.geometry.type === "mask" ? { type: "box" as const, ...shape.bounds } : shape.geometry;
  context.setLineDash([]);
  context.lineWidth = width + 2;
  context.strokeStyle = HALO;
  strokeOutline(context, geometry, viewport);
  context.lineWidth = width;
  context.strokeStyle = shape.colour;
  if (shape.proposal) context.setLineDash([6, 4]);
  strokeOutline(context, geometry, viewport);
  context.setLineDash([]);
}

function fillLifted(context: CanvasRenderingContext2D, shape: SceneShape, viewport: Viewport): void {
  context.fillStyle = shape.fill;
  if (shape.geometry.type === "polygon") {
    tracePolygon(context, shape.geometry.rings, viewport);
    context.fill("evenodd");
    return;
  }
  const { scale, tx, ty } = viewport;
  const { x, y, width, height } = shape.bounds;
  context.fillRect(x * scale + tx, y * scale + ty, width * scale, height * scale);
}

function drawHandles(context: CanvasRenderingContext2D, { geometry, colour }: SceneShape, viewport: Viewport): void {
  if (geometry.type === "box")
    for (const handle of HANDLES) square(context, handlePoint(geometry, handle), colour, viewport);
  if (geometry.type === "polygon")
    for (const ring of geometry.rings) for (const [x, y] of ring) dot(context, imagePoint(x, y), colour, viewport);
}

function square(context: CanvasRenderingContext2D, at: ImagePoint, colour: string, viewport: Viewport): void {
  const { x, y } = toScreen(viewport, at);
  const left = Math.round(x - HANDLE_PX / 2) + 0.5;
  const top = Math.round(y - HANDLE_PX / 2) + 0.5;
  context.fillStyle = "#ffffff";
  context.strokeStyle = HALO;
  context.lineWidth = 3;
  context.strokeRect(left, top, HANDLE_PX, HANDLE_PX);
  context.fillRect(left, top, HANDLE_PX, HANDLE_PX);
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.strokeRect(left, top, HANDLE_PX, HANDLE_PX);
}

function dot(context: CanvasRenderingContext2D, at: ImagePoint, colour: string, viewport: Viewport): void {
  const { x, y } = toScreen(viewport, at);
  context.beginPath();
  context.arc(x, y, HANDLE_PX / 2, 0, 2 * Math.PI);
  context.lineWidth = 3;
  context.strokeStyle = HALO;
  context.stroke();
  context.fillStyle = "#ffffff";
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = colour;
  context.stroke();
}

function drawDraft(context: CanvasRenderingContext2D, draft: Draft, colour: string, viewport: Viewport): void {
  switch (draft.kind) {
    case "lifted":
      return;
    case "shape":
      both(context, colour, () => strokeOutline(context, draft.geometry, viewport));
      return;
    case "path": {
      const points = [...draft.points, draft.cursor].map((point) => toScreen(viewport, point));
      both(context, colour, () => {
        context.beginPath();
        for (const [index, { x, y }] of points.entries()) index === 0 ? context.moveTo(x, y) : context.lineTo(x, y);
        context.stroke();
      });
      const [first] = draft.points;
      if (draft.points.length < 200) for (const point of draft.points) dot(context, point, colour, viewport);
      if (first && draft.closes) {
        const { x, y } = toScreen(viewport, first);
        both(context, colour, () => {
          context.beginPath();
          context.arc(x, y, HANDLE_PX, 0, 2 * Math.PI);
          context.stroke();
        });
      }
      return;
    }
    case "points":
      for (const point of draft.points) dot(context, point, colour, viewport);
      return;
    case "marquee":
      context.setLineDash([4, 4]);
      both(context, "#ffffff", () => strokeOutline(context, { type: "box", ...draft.bounds }, viewport));
      context.setLineDash([]);
      return;
  }
}

function both(context: CanvasRenderingContext2D, colour: string, stroke: () => void): void {
  context.lineWidth = 3.5;
  context.strokeStyle = HALO;
  stroke();
  context.lineWidth = 1.5;
  context.strokeStyle = colour;
  stroke();
}

/** Full-bleed, 1 px wide at any zoom, light over dark so that it shows on any picture. */
function drawCrosshair(context: CanvasRenderingContext2D, x: number, y: number, canvas: Size): void {
  const column = Math.round(x);
  const row = Math.round(y);
  context.fillStyle = "rgba(0, 0, 0, 0.45)";
  context.fillRect(column + 1, 0, 1, canvas.height);
  context.fillRect(0, row + 1, canvas.width, 1);
  context.fillStyle = "rgba(255, 255, 255, 0.85)";
  context.fillRect(column, 0, 1, canvas.height);
  context.fillRect(0, row, canvas.width, 1);
}
