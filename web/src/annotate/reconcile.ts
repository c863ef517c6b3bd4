import type { Geometry } from "../geometry/geometry";
import type { Command } from "./commands";
import type { Annotation, FeedEvent, ImageDocument, Prediction, ReviewState } from "./model";
import { overlay } from "./overlay";

/** The difference that commands made, from `base_version` to `version` of the image. */
export interface Reply {
  readonly base_version: number;
  readonly version: number;
  /** Null when everything was so already. */
  readonly position: number | null;
  readonly state?: ReviewState;
  /** Those that have changed, and those that the commands name. */
  readonly annotations: readonly Annotation[];
  readonly removed_ids: readonly string[];
  readonly claimed_by?: string | null;
}

/** Whether others did something before these commands that `document` has not been told yet. */
export function isBehind(document: ImageDocument, reply: Reply): boolean {
  return document.version < reply.version && document.version !== reply.base_version;
}

/**
 * The server's answer to `commands`, which it may have given after the feed already told of later changes. A document
 * that is behind takes the difference too, so that what was drawn stays in sight, but not the version: it has to be
 * read anew.
 */
export function acknowledge(document: ImageDocument, commands: readonly Command[], reply: Reply): ImageDocument {
  const applied = overlay(document, [commands], null);
  const position = Math.max(document.position, reply.position ?? 0);
  if (reply.version <= document.version) return { ...document, position, predictions: applied.predictions };
  const annotations = new Map(document.annotations);
  for (const id of reply.removed_ids) annotations.delete(id);
  for (const annotation of reply.annotations)
    if (annotations.get(annotation.id)?.version !== annotation.version) annotations.set(annotation.id, annotation);
  return {
    ...document,
    version: isBehind(document, reply) ? document.version : reply.version,
    position: isBehind(document, reply) ? document.position : position,
    state: reply.state ?? applied.state,
    claimed_by: reply.claimed_by ?? null,
    predictions: applied.predictions,
    annotations,
  };
}

/** Unchanged annotations keep their identity, so that nothing derived from them is made again. */
export function merge(before: ReadonlyMap<string, Annotation>, after: readonly Annotation[]): Map<string, Annotation> {
  return new Map(
    after.map((annotation) => {
      const known = before.get(annotation.id);
      return [annotation.id, known && known.version === annotation.version ? known : annotation];
    }),
  );
}

const STATES: Readonly<Record<string, ReviewState>> = {
  "image.submitted": "submitted",
  "image.marked_empty": "submitted",
  "image.approved": "approved",
  "image.rejected": "rejected",
  "image.reopened": "in_progress",
};

/** Facts that leave annotations and review state alone. */
const SILENT = new Set(["comment.added", "comment.resolved"]);

/**
 * Fold events of this image's stream, in order. "refetch" when something was missed, or is of a kind that names no
 * single annotation (a bulk acceptance, an import, a kind added after this page was built).
 */
export function applyEvents(document: ImageDocument, events: readonly FeedEvent[]): ImageDocument | "refetch" {
  let current = document;
  for (const event of events) {
    if (event.version <= current.version) continue;
    if (event.version !== current.version + 1) return "refetch";
    const next = applyEvent(current, event);
    if (next === "refetch") return next;
    current = { ...next, version: event.version, position: Math.max(current.position, event.position) };
  }
  return current;
}

function applyEvent(document: ImageDocument, event: FeedEvent): ImageDocument | "refetch" {
  const { type, data, version } = event;
  const state = STATES[type];
  if (state) return { ...document, state };
  if (type === "image.claimed" || type === "image.released")
    return { ...document, claimed_by: type === "image.claimed" ? (event.actor ?? null) : null };
  if (SILENT.has(type)) return document;
  const id = data.annotation_id as string;
  const known = document.annotations.get(id);
  switch (type) {
    case "annotation.drawn":
      return placed(document, { ...shapeOf(data, event), id, source: (data.source as string | undefined) ?? "human" });
    case "annotation.restored": {
      const record = (data.annotation as Record<string, unknown> | undefined) ?? data;
      const source = (record.source as string | undefined) ?? "human";
      const created_by = (record.created_by as string | null | undefined) ?? event.actor ?? null;
      return placed(document, { ...shapeOf(record, event), id: record.annotation_id as string, source, created_by });
    }
    case "annotation.reshaped":
      return known ? placed(document, { ...known, geometry: data.geometry as Geometry, version }) : "refetch";
    case "annotation.recategorised":
      return known ? placed(document, { ...known, category_id: data.category_id as string, version }) : "refetch";
    case "annotation.deleted": {
      const annotations = new Map(document.annotations);
      annotations.delete(id);
      return { ...document, state: "in_progress", annotations };
    }
    case "prediction.accepted":
      return withoutPrediction(placed(document, { ...shapeOf(data, event), id, source: "model" }), data);
    case "prediction.rejected":
      return withoutPrediction(document, data);
    default:
      return "refetch";
  }
}

function shapeOf(data: Readonly<Record<string, unknown>>, { actor, version }: FeedEvent) {
  return {
    category_id: data.category_id as string,
    geometry: data.geometry as Geometry,
    confidence: (data.confidence as number | null | undefined) ?? null,
    created_by: actor ?? null,
    version,
  };
}

function placed(document: ImageDocument, annotation: Annotation): ImageDocument {
  const annotations = new Map(document.annotations).set(annotation.id, annotation);
  return { ...document, state: "in_progress", annotations };
}

function withoutPrediction(document: ImageDocument, data: Readonly<Record<string, unknown>>): ImageDocument {
  const predictions = new Map<string, Prediction>(document.predictions);
  predictions.delete(data.prediction_id as string);
  return { ...document, predictions };
}
