import { type ScreenPoint, screenPoint } from "../geometry/point";
import { toImage, type Viewport } from "../geometry/viewport";
import type { Pointing } from "./machine";
import type { Toolbox } from "./toolbox";

/** What raw input may do to the page around the tools. */
export interface InputTarget {
  viewport(): Viewport;
  pan(dx: number, dy: number): void;
  zoom(at: ScreenPoint, factor: number): void;
  crosshair(at: ScreenPoint | null): void;
  menu(at: ScreenPoint): void;
  /** True while Space is held. */
  panHeld(): boolean;
}

/** After a pen was seen, touches within this time are palms: they pan, they do not draw. */
const PALM_MS = 1000;

/** Turns DOM pointer events into tool events; pans with the middle button or Space, pinches with two fingers. */
export class PointerInput {
  private readonly touches = new Map<number, ScreenPoint>();
  private readonly listening = new AbortController();
  private panning: { id: number; last: ScreenPoint } | null = null;
  private penSeenAt = Number.NEGATIVE_INFINITY;
  private latest: ScreenPoint | null = null;
  /** A right press that took back a point asks for no menu, even where it ended the drawing. */
  private pressTaken = false;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly toolbox: Toolbox,
    private readonly target: InputTarget,
  ) {
    const { signal } = this.listening;
    canvas.addEventListener("pointerdown", (event) => this.down(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    canvas.addEventListener("pointerup", (event) => this.up(event), { signal });
    canvas.addEventListener("pointercancel", (event) => this.cancel(event), { signal });
    canvas.addEventListener("pointerleave", () => this.target.crosshair(null), { signal });
    canvas.addEventListener("dblclick", (event) => toolbox.dispatch("double", this.pointing(event, "mouse")), {
      signal,
    });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    canvas.addEventListener("contextmenu", (event) => this.menu(event), { signal });
  }

  /** Where the pointer was last, for paste and zoom by key. */
  get pointer(): ScreenPoint | null {
    return this.latest;
  }

  dispose(): void {
    this.listening.abort();
  }

  private down(event: PointerEvent): void {
    const at = this.screen(event);
    this.canvas.setPointerCapture(event.pointerId);
    if (event.pointerType === "pen") this.penSeenAt = performance.now();
    if (event.pointerType === "touch") {
      this.touches.set(event.pointerId, at);
      if (this.touches.size === 2) this.toolbox.reset();
      if (this.touches.size >= 2) return;
    }
    const palm = event.pointerType === "touch" && performance.now() - this.penSeenAt < PALM_MS;
    if (event.button === 1 || palm || (event.button === 0 && this.target.panHeld())) {
      event.preventDefault();
      this.panning = { id: event.pointerId, last: at };
      return;
    }
    this.pressTaken = event.button === 2 && this.toolbox.busy;
    this.toolbox.dispatch("down", this.pointing(event));
  }

  private move(event: PointerEvent): void {
    const at = this.screen(event);
    this.latest = at;
    if (event.pointerType === "touch" && this.touches.size >= 2) {
      this.pinch(event.pointerId, at);
      return;
    }
    if (this.panning?.id === event.pointerId) {
      this.target.pan(at.x - this.panning.last.x, at.y - this.panning.last.y);
      this.panning.last = at;
      return;
    }
    if (this.touches.has(event.pointerId)) this.touches.set(event.pointerId, at);
    this.target.crosshair(event.pointerType === "touch" ? null : at);
    // Freehand trails need every sample that the browser merged into this event.
    for (const sample of this.toolbox.busy ? event.getCoalescedEvents() : [])
      this.toolbox.dispatch("move", this.pointing(sample));
    this.toolbox.dispatch("move", this.pointing(event));
  }

  private up(event: PointerEvent): void {
    const pinched = this.touches.size >= 2;
    this.touches.delete(event.pointerId);
    if (this.panning?.id === event.pointerId) {
      this.panning = null;
      return;
    }
    if (!pinched) this.toolbox.dispatch("up", this.pointing(event));
  }

  private cancel(event: PointerEvent): void {
    this.touches.delete(event.pointerId);
    this.panning = null;
    this.toolbox.reset();
  }

  private pinch(id: number, at: ScreenPoint): void {
    const before = [...this.touches.values()];
    this.touches.set(id, at);
    const after = [...this.touches.values()];
    const [a, b] = [before[0], before[1]];
    const [c, d] = [after[0], after[1]];
    if (!a || !b || !c || !d) return;
    const spread = (p: ScreenPoint, q: ScreenPoint) => Math.max(1, Math.hypot(p.x - q.x, p.y - q.y));
    const centre = screenPoint((c.x + d.x) / 2, (c.y + d.y) / 2);
    this.target.pan(centre.x - (a.x + b.x) / 2, centre.y - (a.y + b.y) / 2);
    this.target.zoom(centre, spread(c, d) / spread(a, b));
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    // A trackpad pinch arrives as a wheel with ctrlKey and deltas an order smaller.
    this.target.zoom(this.screen(event), Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0015)));
  }

  private menu(event: MouseEvent): void {
    event.preventDefault();
    if (!this.toolbox.busy && !this.pressTaken) this.target.menu(this.screen(event));
    this.pressTaken = false;
  }

  private screen(event: MouseEvent): ScreenPoint {
    const { left, top } = this.canvas.getBoundingClientRect();
    return screenPoint(event.clientX - left, event.clientY - top);
  }

  private pointing(event: MouseEvent, pointerType = (event as PointerEvent).pointerType): Pointing {
    const screen = this.screen(event);
    return {
      screen,
      image: toImage(this.target.viewport(), screen),
      button: event.button,
      shift: event.shiftKey,
      ctrl: event.ctrlKey || event.metaKey,
      alt: event.altKey,
      pointerType,
    };
  }
}
