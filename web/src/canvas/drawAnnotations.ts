import { type Bounds, grow, intersects } from "../geometry/bounds";
import type { Size } from "../geometry/point";
import { type Viewport, visibleBounds } from "../geometry/viewport";
import { REACH_PX } from "./damage";
import { maskBitmap } from "./maskBitmaps";
import { strokeOutline, tracePolygon } from "./outline";
import { hatch } from "./patterns";
import type { Scene, SceneShape } from "./scene";

/** Above this many visible shapes, fills and labels wait until the viewport rests. */
const CALM_COUNT = 150;
/** Labels overlap into noise beyond this many; while the viewport moves nobody reads more than a few. */
export const LABEL_COUNT = 400;
const MOVING_LABEL_COUNT = 60;
const ROOMY_COUNT = 40;
const FONT = "600 11px system-ui, sans-serif";

export interface Detail {
  readonly moving: boolean;
  /** Paint only this rectangle of the screen anew; the rest stays. Without labels: those reach out of their shapes. */
  readonly within?: Bounds | null;
}

/** Shapes that the canvas shows. A linear bounds check: 5,000 cost less than one stroked rectangle does. */
export function cull(scene: Scene, view: Bounds): SceneShape[] {
  const visible: SceneShape[] = [];
  for (const shape of scene.shapes)
    if (intersects(shape.bounds, view) && !scene.lifted.has(shape.id)) visible.push(shape);
  return visible;
}

/**
 * Paint the annotations layer, one fillRect and strokeRect per box.
 * Not one path per colour: that measured 1.8 to 3.4 times slower (it loses the rectangle fast path).
 * Returns how many shapes were drawn.
 */
export function drawAnnotations(
  context: CanvasRenderingContext2D,
  scene: Scene,
  viewport: Viewport,
  canvas: Size,
  { moving, within }: Detail,
): number {
  if (within) return drawWithin(context, scene, viewport, within);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const visible = cull(scene, visibleBounds(viewport, canvas));
  const sketch = moving && visible.length > CALM_COUNT;
  drawShapes(context, visible, viewport, sketch, scene.patterns);
  if (scene.labels && visible.length <= (moving ? MOVING_LABEL_COUNT : LABEL_COUNT))
    drawLabels(context, visible, viewport);
  return visible.length;
}

function drawWithin(context: CanvasRenderingContext2D, scene: Scene, viewport: Viewport, area: Bounds): number {
  const { scale, tx, ty } = viewport;
  const { x, y, width, height } = area;
  // A shape beside the area reaches into it with its stroke.
  const near = grow(area, REACH_PX);
  const visible = cull(scene, visibleBounds({ scale, tx: tx - near.x, ty: ty - near.y }, near));
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.clearRect(x, y, width, height);
  drawShapes(context, visible, viewport, false, scene.patterns);
  context.restore();
  return visible.length;
}

function drawShapes(
  context: CanvasRenderingContext2D,
  shapes: readonly SceneShape[],
  viewport: Viewport,
  sketch: boolean,
  patterns: boolean,
): void {
  context.lineWidth = sketch ? 1 : 1.5;
  context.lineJoin = "round";
  let dashed = false;
  for (const shape of shapes) {
    if (shape.proposal !== dashed && !sketch) {
      dashed = shape.proposal;
      context.setLineDash(dashed ? [6, 4] : []);
    }
    drawShape(context, shape, viewport, sketch, patterns);
  }
  if (dashed) context.setLineDash([]);
}

function drawShape(
  context: CanvasRenderingContext2D,
  shape: SceneShape,
  viewport: Viewport,
  sketch: boolean,
  patterns: boolean,
): void {
  const { scale, tx, ty } = viewport;
  const { geometry, bounds } = shape;
  context.strokeStyle = shape.colour;
  if (geometry.type === "mask") {
    const bitmap = maskBitmap(geometry, shape.colour);
    const [height, width] = geometry.size;
    if (bitmap) context.drawImage(bitmap, tx, ty, width * scale, height * scale);
    strokeOutline(context, { type: "box", ...bounds }, viewport);
    return;
  }
  if (!sketch) {
    const paints = [shape.proposal ? null : shape.fill, patterns ? hatch(context, shape.pattern, shape.colour) : null];
    for (const paint of paints) {
      if (!paint) continue;
      context.fillStyle = paint;
      if (geometry.type === "box")
        context.fillRect(bounds.x * scale + tx, bounds.y * scale + ty, bounds.width * scale, bounds.height * scale);
      else {
        tracePolygon(context, geometry.rings, viewport);
        context.fill("evenodd");
      }
    }
  } else if (geometry.type === "polygon" && Math.max(bounds.width, bounds.height) * scale < 12) {
    // A polygon this small is a smudge while it moves; its box costs a tenth.
    strokeOutline(context, { type: "box", ...bounds }, viewport);
    return;
  }
  strokeOutline(context, geometry, viewport);
}

function drawLabels(context: CanvasRenderingContext2D, shapes: readonly SceneShape[], viewport: Viewport): void {
  context.font = FONT;
  context.textBaseline = "middle";
  for (const shape of shapes) {
    const width = shape.bounds.width * viewport.scale;
    if (width < 26 || shape.bounds.height * viewport.scale < 16) continue;
    // Among few shapes a label may be wider than its shape; among many it would cover the neighbours.
    drawLabel(context, shape.label, shape, viewport, shapes.length > ROOMY_COUNT ? width : 220);
  }
}

const widths = new Map<string, number>();

/** A label on a plate of the shape's colour, above the shape or inside it at the top edge of the canvas. */
export function drawLabel(
  context: CanvasRenderingContext2D,
  label: string,
  shape: SceneShape,
  viewport: Viewport,
  room: number,
): void {
  let width = widths.get(label);
  if (width === undefined) {
    context.font = FONT;
    width = context.measureText(label).width;
    if (widths.size > 5000) widths.clear();
    widths.set(label, width);
  }
  const x = Math.round(shape.bounds.x * viewport.scale + viewport.tx);
  const above = Math.round(shape.bounds.y * viewport.scale + viewport.ty) - 16;
  const y = above < 0 ? Math.max(0, above + 17) : above;
  const plate = Math.min(width + 8, room);
  context.fillStyle = shape.colour;
  context.fillRect(x, y, plate, 16);
  context.fillStyle = inkOn(shape.colour);
  // Clipping costs more than the text: only labels that do not fit are clipped.
  if (width + 8 <= room) {
    context.fillText(label, x + 4, y + 8.5);
    return;
  }
  context.save();
  context.beginPath();
  context.rect(x, y, plate, 16);
  context.clip();
  context.fillText(label, x + 4, y + 8.5);
  context.restore();
}

const inks = new Map<string, string>();

/** Black or white, whichever has the higher WCAG contrast on `colour` (#rrggbb). */
export function inkOn(colour: string): string {
  const known = inks.get(colour);
  if (known) return known;
  const channel = (at: number) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  const ink = (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) ? "#000000" : "#ffffff";
  inks.set(colour, ink);
  return ink;
}
