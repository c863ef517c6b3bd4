import type { Overlay, SceneShape } from "../canvas/scene";
import type { Layer, Stage, StageSource } from "../canvas/stage";
import { geometryBounds } from "../geometry/geometry";
import type { SceneShapes } from "./sceneShapes";
import type { EditorState, EditorStore } from "./store";

const AIMING = new Set(["box", "extremes", "polygon", "cut"]);

export function stageSource(store: EditorStore, shapes: SceneShapes): StageSource {
  return {
    viewport: () => store.getState().viewport,
    scene: () => shapes.scene(store.getState()),
    overlay: () => overlayOf(store.getState(), shapes),
  };
}

function overlayOf(state: EditorState, shapes: SceneShapes): Overlay {
  const { draft, selection, hovered, flashes, categories, categoryId } = state;
  const lifted = draft?.kind === "lifted" ? draft.geometries : null;
  const get = (id: string) => shapes.get(state, id);
  const present = (shape: SceneShape | undefined): shape is SceneShape => shape !== undefined;
  const now_ms = Date.now();
  return {
    selected: [...selection]
      .filter((id) => !lifted?.has(id))
      .map(get)
      .filter(present),
    hovered: hovered && !selection.has(hovered) ? (get(hovered) ?? null) : null,
    lifted: [...(lifted ?? [])].flatMap(([id, geometry]) => {
      const shape = get(id);
      return shape ? [{ ...shape, geometry, bounds: geometryBounds(geometry) }] : [];
    }),
    draft,
    draftColour: categories.find(({ id }) => id === categoryId)?.color ?? "#ffffff",
    crosshair: state.crosshair && AIMING.has(state.tool) ? state.crosshairAt : null,
    flashes: flashes.flatMap(({ id, who, until_ms }) => {
      const shape = get(id);
      return shape && until_ms > now_ms ? [{ shape, who }] : [];
    }),
  };
}

/** Which state makes which layer dirty: the one table of what repaints what. */
const CAUSES: Readonly<Record<Layer, readonly (keyof EditorState)[]>> = {
  image: [],
  annotations: [
    "shown",
    "categories",
    "hidden",
    "locked",
    "peeking",
    "proposalsShown",
    "threshold",
    "labels",
    "patterns",
  ],
  overlay: [
    "shown",
    "selection",
    "hovered",
    "draft",
    "crosshairAt",
    "crosshair",
    "flashes",
    "categoryId",
    "tool",
    "hidden",
    "peeking",
    "proposalsShown",
    "threshold",
  ],
};

/** Keep the stage painted. Returns the way out. */
export function repaintOnChange(store: EditorStore, stage: Stage): () => void {
  return store.subscribe((state, before) => {
    if (state.viewport !== before.viewport) stage.moved();
    for (const [layer, causes] of Object.entries(CAUSES))
      if (causes.some((cause) => state[cause] !== before[cause])) stage.invalidate(layer as Layer);
    // A lifted shape leaves the annotations layer once, not on every move.
    if ((state.draft?.kind === "lifted") !== (before.draft?.kind === "lifted")) stage.invalidate("annotations");
    if (state.brightness !== before.brightness || state.contrast !== before.contrast)
      stage.image.adjust(state.brightness, state.contrast);
  });
}
