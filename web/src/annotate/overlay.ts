import type { Command } from "./commands";
import type { Annotation, ImageDocument, ReviewState } from "./model";

/** A document that is being folded: its own copies of the maps. */
interface Draft {
  state: ReviewState;
  annotations: Map<string, Annotation>;
  predictions: Map<string, ImageDocument["predictions"] extends ReadonlyMap<string, infer P> ? P : never>;
}

const REVIEW: Partial<Record<Command["type"], ReviewState>> = {
  draw_annotation: "in_progress",
  reshape_annotation: "in_progress",
  recategorise_annotation: "in_progress",
  delete_annotation: "in_progress",
  restore_annotation: "in_progress",
  accept_prediction: "in_progress",
  submit: "submitted",
  mark_empty: "submitted",
  approve: "approved",
  reject: "rejected",
  reopen: "in_progress",
};

function apply(draft: Draft, command: Command, actor: string | null): void {
  draft.state = REVIEW[command.type] ?? draft.state;
  const { annotations, predictions } = draft;
  switch (command.type) {
    case "draw_annotation": {
      if (annotations.has(command.annotation_id)) return;
      const { annotation_id: id, category_id, geometry } = command;
      annotations.set(id, { id, category_id, geometry, source: "human", created_by: actor, version: 0 });
      return;
    }
    case "reshape_annotation":
    case "recategorise_annotation": {
      const known = annotations.get(command.annotation_id);
      if (!known) return;
      const change =
        command.type === "reshape_annotation" ? { geometry: command.geometry } : { category_id: command.category_id };
      annotations.set(known.id, { ...known, ...change });
      return;
    }
    case "delete_annotation":
      annotations.delete(command.annotation_id);
      return;
    case "restore_annotation":
      if (!annotations.has(command.annotation_id)) annotations.set(command.annotation_id, command.snapshot);
      if (command.prediction) predictions.delete(command.prediction.id);
      return;
    case "accept_prediction": {
      predictions.delete(command.prediction_id);
      if (annotations.has(command.annotation_id)) return;
      const { category_id, geometry, confidence } = command.prediction;
      const accepted = { category_id, geometry, confidence, source: "model", created_by: actor, version: 0 };
      annotations.set(command.annotation_id, { id: command.annotation_id, ...accepted });
      return;
    }
    case "reopen_prediction":
      predictions.set(command.prediction_id, command.prediction);
      return;
    case "reject_prediction":
      predictions.delete(command.prediction_id);
      return;
    default:
      return;
  }
}

/**
 * What the person sees: the server's document with everything unconfirmed on top. Applying a command that the server
 * has already confirmed changes nothing, so it does not matter whether the answer or the feed comes first.
 */
export function overlay(
  document: ImageDocument,
  pending: readonly (readonly Command[])[],
  actor: string | null,
): ImageDocument {
  if (pending.length === 0) return document;
  const draft: Draft = {
    state: document.state,
    annotations: new Map(document.annotations),
    predictions: new Map(document.predictions),
  };
  for (const commands of pending) for (const command of commands) apply(draft, command, actor);
  return { ...document, ...draft };
}
