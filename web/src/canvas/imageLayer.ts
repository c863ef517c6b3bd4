import type { Size } from "../geometry/point";
import type { Viewport } from "../geometry/viewport";

/** A picture whose preview is decoded: showing it needs no more waiting. */
export interface Picture {
  readonly size: Size;
  readonly preview: HTMLImageElement;
  readonly fullUrl: string;
}

/** Above this scale single pixels matter more than smoothness. */
const PIXELATED_SCALE = 4;

/** The image as an element under a CSS transform, so that panning costs no raster. */
export class ImageLayer {
  readonly element: HTMLDivElement;
  private picture: Picture | null = null;
  private shown: HTMLImageElement | null = null;
  private loadingFull = false;

  constructor() {
    this.element = document.createElement("div");
    Object.assign(this.element.style, {
      position: "absolute",
      left: "0",
      top: "0",
      transformOrigin: "0 0",
      willChange: "transform",
      pointerEvents: "none",
    });
  }

  show(picture: Picture | null): void {
    this.picture = picture;
    this.loadingFull = false;
    this.element.replaceChildren();
    this.shown = null;
    if (!picture) return;
    this.element.style.width = `${picture.size.width}px`;
    this.element.style.height = `${picture.size.height}px`;
    this.place(picture.preview);
  }

  /** Brightness and contrast, 1 is unchanged. */
  adjust(brightness: number, contrast: number): void {
    this.element.style.filter =
      brightness === 1 && contrast === 1 ? "" : `brightness(${brightness}) contrast(${contrast})`;
  }

  move({ scale, tx, ty }: Viewport): void {
    this.element.style.transform = `translate(${tx}px, ${ty}px) scale(${scale})`;
    this.element.style.imageRendering = scale >= PIXELATED_SCALE ? "pixelated" : "auto";
    this.refine(scale);
  }

  private place(image: HTMLImageElement): void {
    image.alt = "";
    image.draggable = false;
    Object.assign(image.style, { width: "100%", height: "100%", display: "block", imageRendering: "inherit" });
    this.shown = image;
    this.element.replaceChildren(image);
  }

  /** Fetch the original once its pixels would show; what cannot be decoded leaves the preview in place. */
  private refine(scale: number): void {
    const { picture, shown } = this;
    if (!picture || !shown || this.loadingFull || shown !== picture.preview) return;
    const detail = shown.naturalWidth / picture.size.width;
    if (detail >= 1 || scale * devicePixelRatio <= detail * 1.05) return;
    this.loadingFull = true;
    const full = new Image();
    full.src = picture.fullUrl;
    full.decode().then(
      () => this.picture === picture && this.place(full),
      () => undefined,
    );
  }
}
