import type { Geometry } from "../geometry/geometry";
import type { Command } from "./commands";
import { newId } from "./ids";
import type { Annotation, ImageDocument, Prediction } from "./model";

/** What a gesture does and what takes it back, before it has an id. */
export interface Change {
  readonly label: string;
  readonly do: readonly Command[];
  readonly undo: readonly Command[];
  /** What should be selected afterwards, where that changes. */
  readonly select?: readonly string[];
}

const some = (count: number, one: string) => (count === 1 ? `a ${one}` : `${count.toLocaleString("en")} ${one}s`);

/** Commands that bring `annotation` back exactly, for the way back from a deletion. */
const restore = (annotation: Annotation): Command => ({
  type: "restore_annotation",
  annotation_id: annotation.id,
  snapshot: annotation,
});

export function drawing(shapes: readonly { category_id: string; geometry: Geometry }[], label = "draw"): Change {
  const drawn = shapes.map(
    ({ category_id, geometry }): Extract<Command, { type: "draw_annotation" }> => ({
      type: "draw_annotation",
      annotation_id: newId(),
      category_id,
      geometry,
    }),
  );
  const ids = drawn.map((command) => command.annotation_id);
  const undo = ids.map((annotation_id): Command => ({ type: "delete_annotation", annotation_id })).reverse();
  return { label: `${label} ${some(drawn.length, "shape")}`, do: drawn, undo, select: ids };
}

/** Reshape annotations; a reshaped proposal is first accepted, which keeps where it came from. */
export function reshaping(
  document: ImageDocument,
  changes: readonly { id: string; geometry: Geometry }[],
  label = "move",
): Change {
  return editing(document, changes, label, (annotation_id, { geometry }, before) => [
    { type: "reshape_annotation", annotation_id, geometry },
    { type: "reshape_annotation", annotation_id, geometry: before.geometry },
  ]);
}

/** One gesture of several changes, taken back in the opposite order. */
export function together(label: string, changes: readonly Change[], select: readonly string[]): Change {
  return {
    label,
    do: changes.flatMap((change) => change.do),
    undo: [...changes].reverse().flatMap((change) => change.undo),
    select,
  };
}

export function recategorising(document: ImageDocument, ids: readonly string[], category_id: string): Change {
  const changes = ids
    .filter((id) => (document.annotations.get(id) ?? document.predictions.get(id))?.category_id !== category_id)
    .map((id) => ({ id }));
  return editing(document, changes, "change class of", (annotation_id, _change, before) => [
    { type: "recategorise_annotation", annotation_id, category_id },
    { type: "recategorise_annotation", annotation_id, category_id: before.category_id },
  ]);
}

function editing<T extends { id: string }>(
  document: ImageDocument,
  changes: readonly T[],
  label: string,
  edit: (annotationId: string, change: T, before: Annotation | Prediction) => [Command, Command],
): Change {
  const done: Command[] = [];
  const undo: Command[][] = [];
  const select: string[] = [];
  for (const change of changes) {
    const annotation = document.annotations.get(change.id);
    const prediction = document.predictions.get(change.id);
    if (annotation) {
      const [forth, back] = edit(annotation.id, change, annotation);
      done.push(forth);
      undo.push([back]);
      select.push(annotation.id);
    } else if (prediction) {
      const accepted = accepting([prediction]);
      const id = accepted.select?.[0] as string;
      done.push(...accepted.do, edit(id, change, prediction)[0]);
      undo.push([...accepted.undo]);
      select.push(id);
    }
  }
  return { label: `${label} ${some(select.length, "shape")}`, do: done, undo: undo.reverse().flat(), select };
}

export function removing(document: ImageDocument, ids: readonly string[]): Change {
  const annotations = ids.map((id) => document.annotations.get(id)).filter((annotation) => annotation !== undefined);
  const predictions = ids.map((id) => document.predictions.get(id)).filter((prediction) => prediction !== undefined);
  const rejected = rejecting(predictions);
  return {
    label: `delete ${some(annotations.length + predictions.length, "shape")}`,
    do: [...annotations.map(({ id }): Command => ({ type: "delete_annotation", annotation_id: id })), ...rejected.do],
    undo: [...rejected.undo, ...annotations.map(restore).reverse()],
    select: [],
  };
}

export function accepting(predictions: readonly Prediction[]): Change {
  const accepted = predictions.map(
    (prediction): Extract<Command, { type: "accept_prediction" }> => ({
      type: "accept_prediction",
      prediction_id: prediction.id,
      annotation_id: newId(),
      prediction,
    }),
  );
  const ids = accepted.map((command) => command.annotation_id);
  return {
    label: `accept ${some(accepted.length, "proposal")}`,
    do: accepted,
    undo: accepted
      .flatMap(({ annotation_id, prediction }): Command[] => [
        reopen(prediction),
        { type: "delete_annotation", annotation_id },
      ])
      .reverse(),
    select: ids,
  };
}

const reopen = (prediction: Prediction): Command => ({
  type: "reopen_prediction",
  prediction_id: prediction.id,
  prediction,
});

export function rejecting(predictions: readonly Prediction[]): Change {
  return {
    label: `reject ${some(predictions.length, "proposal")}`,
    do: predictions.map(({ id }): Command => ({ type: "reject_prediction", prediction_id: id })),
    undo: predictions.map(reopen),
    select: [],
  };
}

/**
 * What redoing an undone change sends. The server remembers ids: a shape drawn or accepted once is restored, not drawn
 * again, so its history stays one.
 */
export function redoing(change: Pick<Change, "do" | "undo">, known: (id: string) => Annotation | undefined): Command[] {
  const taken = new Set(change.undo.flatMap((c) => (c.type === "delete_annotation" ? [c.annotation_id] : [])));
  return change.do.map((command): Command => {
    const drawn = command.type === "draw_annotation" || command.type === "accept_prediction";
    if (!drawn || !taken.has(command.annotation_id)) return command;
    const snapshot = known(command.annotation_id) ?? asDrawn(command);
    const restored = { type: "restore_annotation" as const, annotation_id: command.annotation_id, snapshot };
    return command.type === "accept_prediction" ? { ...restored, prediction: command.prediction } : restored;
  });
}

function asDrawn(command: Extract<Command, { type: "draw_annotation" | "accept_prediction" }>): Annotation {
  const shape = command.type === "draw_annotation" ? command : command.prediction;
  return {
    id: command.annotation_id,
    category_id: shape.category_id,
    geometry: shape.geometry,
    source: command.type === "draw_annotation" ? "human" : "model",
    confidence: command.type === "draw_annotation" ? null : command.prediction.confidence,
    created_by: null,
    version: 0,
  };
}
