import type { Scene, SceneShape } from "../canvas/scene";
import { geometryBounds, sameGeometry } from "../geometry/geometry";
import type { Annotation, Category, Prediction } from "./model";
import { above } from "./proposals";
import type { EditorState } from "./store";

const UNKNOWN: Pick<Category, "name" | "color"> = { name: "?", color: "#868e96" };
const FILL_ALPHA = "1a";

/**
 * Shapes ready to be drawn, kept per annotation object: editing one of 5,000 makes one shape anew.
 * The caches follow the categories, because a shape carries its category's colour and name.
 */
export class SceneShapes {
  private categories: readonly Category[] = [];
  private byId = new Map<string, { category: Category; index: number }>();
  private annotations = new WeakMap<Annotation, SceneShape>();
  private predictions = new WeakMap<Prediction, SceneShape>();
  private last: {
    key: readonly unknown[];
    shapes: readonly SceneShape[];
    index: ReadonlyMap<string, SceneShape>;
  } | null = null;

  /** Everything on the canvas in drawing order: proposals under annotations. */
  shapes(state: EditorState): readonly SceneShape[] {
    return this.compute(state).shapes;
  }

  get(state: EditorState, id: string): SceneShape | undefined {
    return this.compute(state).index.get(id);
  }

  scene(state: EditorState): Scene {
    const lifted = state.draft?.kind === "lifted" ? new Set(state.draft.geometries.keys()) : NOTHING;
    return { shapes: this.shapes(state), lifted, patterns: state.patterns, labels: state.labels };
  }

  private compute(state: EditorState) {
    const { shown, categories, hidden, locked, peeking, proposalsShown, threshold } = state;
    const key = [
      shown?.annotations,
      shown?.predictions,
      categories,
      hidden,
      locked,
      peeking,
      proposalsShown,
      threshold,
    ];
    if (this.last?.key.every((value, i) => value === key[i])) return this.last;
    this.follow(categories);
    const shapes: SceneShape[] = [];
    if (shown && !peeking) {
      if (proposalsShown)
        for (const prediction of above(shown.predictions.values(), threshold))
          shapes.push(this.ofPrediction(prediction));
      for (const annotation of shown.annotations.values())
        if (!hidden.has(annotation.id)) shapes.push(this.ofAnnotation(annotation, locked.has(annotation.id)));
    }
    // An answer or an echo of the feed changes documents more often than what they look like: the same shapes again
    // are the same scene, which the stage need not paint.
    const { last } = this;
    const isSame = last?.shapes.length === shapes.length && shapes.every((shape, i) => shape === last.shapes[i]);
    this.last = isSame ? { ...last, key } : { key, shapes, index: new Map(shapes.map((shape) => [shape.id, shape])) };
    return this.last;
  }

  private follow(categories: readonly Category[]): void {
    if (categories === this.categories) return;
    this.categories = categories;
    this.byId = new Map(categories.map((category, index) => [category.id, { category, index }]));
    this.annotations = new WeakMap();
    this.predictions = new WeakMap();
  }

  private ofAnnotation(annotation: Annotation, locked: boolean): SceneShape {
    const known = this.annotations.get(annotation);
    if (known && known.locked === locked) return known;
    const { category, index } = this.byId.get(annotation.category_id) ?? { category: UNKNOWN, index: 0 };
    const made = make(annotation, category, index, category.name, false, locked);
    const before = this.last?.index.get(annotation.id);
    const shape = before && looksLike(before, made) ? before : made;
    this.annotations.set(annotation, shape);
    return shape;
  }

  private ofPrediction(prediction: Prediction): SceneShape {
    const known = this.predictions.get(prediction);
    if (known) return known;
    const { category, index } = this.byId.get(prediction.category_id) ?? { category: UNKNOWN, index: 0 };
    const label = `${Math.round(prediction.confidence * 100)} % ${category.name}`;
    const shape = make(prediction, category, index, label, true, false);
    this.predictions.set(prediction, shape);
    return shape;
  }
}

const NOTHING: ReadonlySet<string> = new Set();

const LOOKS = ["colour", "fill", "label", "pattern", "proposal", "locked"] as const;

function looksLike(a: SceneShape, b: SceneShape): boolean {
  return LOOKS.every((name) => a[name] === b[name]) && sameGeometry(a.geometry, b.geometry);
}

function make(
  { id, geometry }: Pick<Annotation, "id" | "geometry">,
  { color }: Pick<Category, "color">,
  pattern: number,
  label: string,
  proposal: boolean,
  locked: boolean,
): SceneShape {
  const bounds = geometryBounds(geometry);
  return { id, geometry, bounds, colour: color, fill: color + FILL_ALPHA, label, pattern, proposal, locked };
}
