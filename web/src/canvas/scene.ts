import type { Bounds } from "../geometry/bounds";
import type { Geometry } from "../geometry/geometry";
import type { ImagePoint, ScreenPoint } from "../geometry/point";

/** One shape ready to be drawn: everything that depends on its annotation and category, nothing on the viewport. */
export interface SceneShape {
  readonly id: string;
  readonly geometry: Geometry;
  readonly bounds: Bounds;
  readonly colour: string;
  /** The colour at low opacity, made once: parsing a colour per shape and frame showed in profiles. */
  readonly fill: string;
  readonly label: string;
  /** Index of the category's hatch, so that categories differ without colour. */
  readonly pattern: number;
  /** A prediction: dashed, in a layer of its own. */
  readonly proposal: boolean;
  readonly locked: boolean;
}

export interface Scene {
  readonly shapes: readonly SceneShape[];
  /** Shapes being dragged: drawn on the overlay, so that the annotations layer is not repainted per move. */
  readonly lifted: ReadonlySet<string>;
  readonly patterns: boolean;
  readonly labels: boolean;
}

/** What a tool shows before it commits. */
export type Draft =
  | { readonly kind: "lifted"; readonly geometries: ReadonlyMap<string, Geometry> }
  | { readonly kind: "shape"; readonly geometry: Geometry }
  | {
      readonly kind: "path";
      readonly points: readonly ImagePoint[];
      readonly cursor: ImagePoint;
      readonly closes: boolean;
    }
  | { readonly kind: "points"; readonly points: readonly ImagePoint[] }
  | { readonly kind: "marquee"; readonly bounds: Bounds };

export interface Overlay {
  readonly selected: readonly SceneShape[];
  readonly hovered: SceneShape | null;
  /** Lifted shapes at their drafted geometry. */
  readonly lifted: readonly SceneShape[];
  readonly draft: Draft | null;
  readonly draftColour: string;
  readonly crosshair: ScreenPoint | null;
  /** Shapes that somebody else has just changed, with who. */
  readonly flashes: readonly { readonly shape: SceneShape; readonly who: string }[];
}
