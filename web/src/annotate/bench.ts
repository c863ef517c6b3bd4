import type { SceneShape } from "../canvas/scene";
import type { Geometry } from "../geometry/geometry";
import type { ScreenPoint } from "../geometry/point";
import type { Toolbox } from "../tools/toolbox";
import type { Editor } from "./editor";
import type { Outbox } from "./outbox";
import type { SceneShapes } from "./sceneShapes";
import type { EditorState, EditorStore } from "./store";

/** Shapes on their way to another place or image. */
export interface Clipping {
  readonly category_id: string;
  readonly geometry: Geometry;
}

/** What the page around the canvas does for actions. */
export interface Surroundings {
  /** `suggested` walks the query batch; otherwise the order of the pictures. */
  go(step: number, along?: "suggested"): void;
  openClassSearch(): void;
  openShortcuts(): void;
  openPalette(): void;
  askRejectReason(): void;
  focusNextPane(): void;
  /** Shapes of the image shown before this one. */
  previousShapes(): Promise<readonly Clipping[]>;
}

/** Everything an action can reach: the open image, the tools and the page. */
export interface Bench {
  readonly store: EditorStore;
  readonly editor: Editor;
  readonly outbox: Outbox;
  readonly shapes: SceneShapes;
  readonly toolbox: Toolbox;
  readonly surroundings: Surroundings;
  clipboard: readonly Clipping[];
  /** Where the pointer was last over the canvas. */
  pointer(): ScreenPoint | null;
}

/** What the tools are made of: everything but themselves. */
export type Hands = Omit<Bench, "toolbox">;

export const state = (bench: Pick<Bench, "store">): EditorState => bench.store.getState();

export function selectedShapes(bench: Pick<Bench, "store" | "shapes">): SceneShape[] {
  const now = bench.store.getState();
  return [...now.selection].map((id) => bench.shapes.get(now, id)).filter((shape) => shape !== undefined);
}
