import { type ImagePoint, imagePoint, type Size } from "../geometry/point";
import { type Viewport, visibleBounds } from "../geometry/viewport";
import type { Scene } from "./scene";

const INTERVAL_MS = 120;

/** A small map of where the viewport is. Throttled: an unthrottled one made another editor lag. */
export class Minimap {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly image: Size,
    private readonly preview: HTMLImageElement | null,
  ) {}

  schedule(read: () => { viewport: Viewport; scene: Scene; size: Size }): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.draw(read());
    }, INTERVAL_MS);
  }

  /** The image point under a position on the map, both axes in 0 to 1. */
  pointAt(u: number, v: number): ImagePoint {
    return imagePoint(u * this.image.width, v * this.image.height);
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private draw({ viewport, scene, size }: { viewport: Viewport; scene: Scene; size: Size }): void {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const { width, height } = this.canvas;
    const scale = width / this.image.width;
    context.clearRect(0, 0, width, height);
    if (this.preview) context.drawImage(this.preview, 0, 0, width, height);
    const step = Math.max(1, Math.floor(scene.shapes.length / 500));
    for (let i = 0; i < scene.shapes.length; i += step) {
      const shape = scene.shapes[i];
      if (!shape) continue;
      context.fillStyle = shape.colour;
      context.fillRect(
        (shape.bounds.x + shape.bounds.width / 2) * scale,
        (shape.bounds.y + shape.bounds.height / 2) * scale,
        2,
        2,
      );
    }
    const view = visibleBounds(viewport, size);
    context.lineWidth = 3;
    context.strokeStyle = "rgba(0, 0, 0, 0.7)";
    context.strokeRect(view.x * scale, view.y * scale, view.width * scale, view.height * scale);
    context.lineWidth = 1.5;
    context.strokeStyle = "#ffffff";
    context.strokeRect(view.x * scale, view.y * scale, view.width * scale, view.height * scale);
  }
}
