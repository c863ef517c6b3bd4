import type { Size } from "../geometry/point";
import type { Viewport } from "../geometry/viewport";
import { damage } from "./damage";
import { drawAnnotations, LABEL_COUNT } from "./drawAnnotations";
import { drawOverlay } from "./drawOverlay";
import { ImageLayer } from "./imageLayer";
import { onMaskReady } from "./maskBitmaps";
import type { Overlay, Scene } from "./scene";

/** Where the stage reads what to paint; it keeps no copy. */
export interface StageSource {
  viewport(): Viewport;
  scene(): Scene;
  overlay(): Overlay;
}

export type Layer = "image" | "annotations" | "overlay";

function isBare({ selected, hovered, lifted, draft, crosshair, flashes }: Overlay): boolean {
  return selected.length + lifted.length + flashes.length === 0 && !hovered && !draft && !crosshair;
}

/** What the annotations layer shows now: painting the same again is left out. */
interface Painted {
  readonly scene: Scene;
  readonly viewport: Viewport;
  readonly moving: boolean;
  /** How many shapes were in view. */
  readonly count: number;
}

type Wanted = Omit<Painted, "count">;

function isSame(a: Painted, b: Wanted): boolean {
  return isAlike(a, b) && a.scene.shapes === b.scene.shapes;
}

/** Whether they differ in their shapes at most. */
function isAlike(a: Painted, b: Wanted): boolean {
  const { lifted, patterns, labels } = b.scene;
  return (
    a.viewport === b.viewport &&
    a.moving === b.moving &&
    a.scene.lifted === lifted &&
    a.scene.patterns === patterns &&
    a.scene.labels === labels
  );
}

/** How long after the last movement labels and fills come back. */
const REST_MS = 140;

/** Three layers in one host element, painted by one animation-frame loop that runs only while something is dirty. */
export class Stage {
  readonly image = new ImageLayer();
  readonly overlayCanvas: HTMLCanvasElement;
  private readonly annotationsCanvas: HTMLCanvasElement;
  private readonly dirty = new Set<Layer>();
  private readonly resizes: ResizeObserver;
  private readonly leaveMasks: () => void;
  private frame = 0;
  private movedAt = Number.NEGATIVE_INFINITY;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private pixelRatio = 1;
  private overlayBare = true;
  private painted: Painted | null = null;
  size: Size = { width: 1, height: 1 };
  /** Called after each painted frame with the layers it painted. */
  onPaint: ((layers: ReadonlySet<Layer>) => void) | undefined;

  constructor(
    private readonly host: HTMLElement,
    private readonly source: StageSource,
    private readonly onResize: (size: Size) => void,
  ) {
    const layer = () => {
      const canvas = document.createElement("canvas");
      Object.assign(canvas.style, { position: "absolute", inset: "0", width: "100%", height: "100%" });
      return canvas;
    };
    this.annotationsCanvas = layer();
    this.overlayCanvas = layer();
    this.overlayCanvas.style.touchAction = "none";
    this.annotationsCanvas.style.pointerEvents = "none";
    host.replaceChildren(this.image.element, this.annotationsCanvas, this.overlayCanvas);
    this.resizes = new ResizeObserver(() => this.measure());
    this.resizes.observe(host);
    this.leaveMasks = onMaskReady(() => this.repaintAnnotations());
    this.measure();
  }

  invalidate(...layers: Layer[]): void {
    for (const layer of layers) this.dirty.add(layer);
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.paint());
  }

  /** The viewport has changed: everything is repainted, in sketch detail until it rests. */
  moved(): void {
    this.movedAt = performance.now();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.invalidate("annotations"), REST_MS + 10);
    this.invalidate("image", "annotations", "overlay");
  }

  /** Paint what is dirty now. Called by the loop; a benchmark calls it to time a frame. */
  paint(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const painted = new Set(this.dirty);
    this.dirty.clear();
    const viewport = this.source.viewport();
    if (painted.has("image")) this.image.move(viewport);
    if (painted.has("annotations")) {
      this.paintAnnotations({
        scene: this.source.scene(),
        viewport,
        moving: performance.now() - this.movedAt < REST_MS,
      });
    }
    if (painted.has("overlay")) this.paintOverlay(viewport);
    this.onPaint?.(painted);
  }

  /** Paint the annotations anew even where nothing has changed but how they are drawn. */
  repaintAnnotations(): void {
    this.painted = null;
    this.invalidate("annotations");
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
    this.resizes.disconnect();
    this.leaveMasks();
    this.host.replaceChildren();
  }

  private paintAnnotations(now: Wanted): void {
    const before = this.painted;
    if (before && isSame(before, now)) return;
    const context = this.context(this.annotationsCanvas);
    // One of 5,000 has changed: what lies elsewhere stays as it is. Few shapes have labels and are cheap to paint.
    const mayPatch = before !== null && before.count > 2 * LABEL_COUNT && !now.moving && isAlike(before, now);
    const within = mayPatch ? damage(before.scene.shapes, now.scene.shapes, now.viewport, this.pixelRatio) : null;
    const drawn = drawAnnotations(context, now.scene, now.viewport, this.size, { moving: now.moving, within });
    const fewer = before ? Math.min(0, now.scene.shapes.length - before.scene.shapes.length) : 0;
    this.painted = { ...now, count: within && before ? before.count + fewer : drawn };
  }

  private paintOverlay(viewport: Viewport): void {
    const overlay = this.source.overlay();
    const bare = isBare(overlay);
    // Clearing a large canvas that is clear already still costs its pixels.
    if (!(bare && this.overlayBare)) drawOverlay(this.context(this.overlayCanvas), overlay, viewport, this.size);
    this.overlayBare = bare;
  }

  private context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser gives no 2D canvas");
    context.setTransform(this.pixelRatio, 0, 0, this.pixelRatio, 0, 0);
    return context;
  }

  private measure(): void {
    const { clientWidth, clientHeight } = this.host;
    this.pixelRatio = devicePixelRatio;
    this.size = { width: Math.max(1, clientWidth), height: Math.max(1, clientHeight) };
    for (const canvas of [this.annotationsCanvas, this.overlayCanvas]) {
      canvas.width = Math.round(this.size.width * this.pixelRatio);
      canvas.height = Math.round(this.size.height * this.pixelRatio);
    }
    this.overlayBare = true;
    this.painted = null;
    this.onResize(this.size);
    this.invalidate("image", "annotations", "overlay");
  }
}
