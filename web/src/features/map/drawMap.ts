import type { Shade } from "./coloring";
import type { Point } from "./lasso";
import { type MapView, toScreen } from "./mapView";

interface Scene {
  width: number;
  height: number;
  view: MapView;
  shades: readonly Shade[];
  caughtIds: ReadonlySet<string>;
  lasso: readonly Point[];
  dark: boolean;
}

/** Paint the whole map; squares, because a software rasteriser fills them several times faster than discs. */
export function drawMap(canvas: HTMLCanvasElement, scene: Scene): void {
  const { width, height, view, shades, caughtIds, lasso, dark } = scene;
  const ratio = window.devicePixelRatio;
  const [deviceWidth, deviceHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== deviceWidth) canvas.width = deviceWidth;
  if (canvas.height !== deviceHeight) canvas.height = deviceHeight;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const count = shades.reduce((sum, { points }) => sum + points.length, 0);
  const size = count > 20_000 ? 2 : count > 2_000 ? 4 : count > 200 ? 6 : 9;
  const some = caughtIds.size > 0;
  for (const { color, points } of shades) {
    context.fillStyle = color;
    for (const point of points) {
      const { x, y } = toScreen(view, point);
      if (x < -size || y < -size || x > width + size || y > height + size) continue;
      context.globalAlpha = some && !caughtIds.has(point.image_id) ? 0.2 : 0.9;
      context.fillRect(x - size / 2, y - size / 2, size, size);
    }
  }
  context.globalAlpha = 1;
  if (lasso.length < 2) return;
  context.beginPath();
  for (const point of lasso) {
    const { x, y } = toScreen(view, point);
    context.lineTo(x, y);
  }
  context.closePath();
  context.strokeStyle = dark ? "#ffffff" : "#000000";
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.stroke();
  context.setLineDash([]);
}
