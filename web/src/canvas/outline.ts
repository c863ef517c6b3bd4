import type { Geometry } from "../geometry/geometry";
import type { Viewport } from "../geometry/viewport";

/** Trace a polygon's rings as one path in screen pixels. */
export function tracePolygon(
  context: CanvasRenderingContext2D,
  rings: readonly (readonly [number, number])[][],
  { scale, tx, ty }: Viewport,
): void {
  context.beginPath();
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i++) {
      const [x, y] = ring[i] as readonly [number, number];
      if (i === 0) context.moveTo(x * scale + tx, y * scale + ty);
      else context.lineTo(x * scale + tx, y * scale + ty);
    }
    context.closePath();
  }
}

/** Stroke the outline on half-pixel coordinates, where a 1 px line is crisp and needs no antialiasing. */
export function strokeOutline(context: CanvasRenderingContext2D, geometry: Geometry, viewport: Viewport): void {
  const { scale, tx, ty } = viewport;
  if (geometry.type === "polygon") {
    tracePolygon(context, geometry.rings, viewport);
    context.stroke();
    return;
  }
  if (geometry.type === "box") {
    const left = Math.round(geometry.x * scale + tx) + 0.5;
    const top = Math.round(geometry.y * scale + ty) + 0.5;
    const right = Math.round((geometry.x + geometry.width) * scale + tx) + 0.5;
    const bottom = Math.round((geometry.y + geometry.height) * scale + ty) + 0.5;
    context.strokeRect(left, top, right - left, bottom - top);
  }
}
