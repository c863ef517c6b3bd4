import type { Draft, SceneShape } from "../canvas/scene";
import { type Geometry, geometryBounds } from "../geometry/geometry";
import { type ImagePoint, imagePoint, screenPoint } from "../geometry/point";
import type { Reshape, ToolContext } from "./context";
import type { Pointing } from "./machine";

export const sceneShape = (id: string, geometry: Geometry): SceneShape => ({
  id,
  geometry,
  bounds: geometryBounds(geometry),
  colour: "#ff0000",
  fill: "#ff000026",
  label: id,
  pattern: 0,
  proposal: false,
  locked: false,
});

/** Stands where the editor stands, and writes down what the tools ask of it. */
export class Sheet implements ToolContext {
  drawn: Geometry[] = [];
  reshaped: Reshape[] = [];
  cuts: [ImagePoint, ImagePoint][] = [];
  selection: string[] = [];
  shown: Draft | null = null;
  panned = { x: 0, y: 0 };
  all: SceneShape[] = [];

  image = () => ({ width: 400, height: 300 });
  shapes = () => this.all;
  selected = () => this.all.filter((shape) => this.selection.includes(shape.id));
  select(ids: readonly string[], mode: "replace" | "toggle" = "replace") {
    const toggled = [
      ...this.selection.filter((id) => !ids.includes(id)),
      ...ids.filter((id) => !this.selection.includes(id)),
    ];
    this.selection = mode === "toggle" ? toggled : [...ids];
  }
  hover = () => {};
  draft = (draft: Draft | null) => {
    this.shown = draft;
  };
  cursor = () => {};
  draw = (geometry: Geometry) => {
    this.drawn.push(geometry);
  };
  reshape = (changes: readonly Reshape[]) => {
    this.reshaped = [...changes];
  };
  cut = (from: ImagePoint, to: ImagePoint) => {
    this.cuts.push([from, to]);
  };
  pan = (dx: number, dy: number) => {
    this.panned = { x: this.panned.x + dx, y: this.panned.y + dy };
  };
  editCategory = () => {};
  pixels = (screen: number) => screen;
}

export type Modifiers = Partial<Pick<Pointing, "shift" | "ctrl" | "alt" | "button">>;
export const at = (x: number, y: number, modifiers: Modifiers = {}): Pointing => ({
  screen: screenPoint(x, y),
  image: imagePoint(x, y),
  button: 0,
  shift: false,
  ctrl: false,
  alt: false,
  pointerType: "mouse",
  ...modifiers,
});
