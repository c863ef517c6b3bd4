import type { Annotation, FeedEvent, ImageDocument, Prediction } from "./model";

export const boxAt = (x: number, y = x) => ({ type: "box" as const, x, y, width: 10, height: 10 });

export function anAnnotation(id: string, changes: Partial<Annotation> = {}): Annotation {
  return { id, category_id: "cell", geometry: boxAt(10), source: "human", created_by: null, version: 1, ...changes };
}

export function aPrediction(id: string, confidence: number, changes: Partial<Prediction> = {}): Prediction {
  return { id, category_id: "cell", geometry: boxAt(50), confidence, run_id: "run", ...changes };
}

export function aDocument(
  annotations: readonly Annotation[] = [],
  changes: Partial<ImageDocument> = {},
): ImageDocument {
  return {
    version: 1,
    position: 10,
    state: "unlabelled",
    annotations: new Map(annotations.map((each) => [each.id, each])),
    predictions: new Map(),
    ...changes,
  };
}

export function anEvent(type: string, version: number, data: Record<string, unknown>): FeedEvent {
  return { position: 100 + version, type, stream_id: "image", version, data, actor: "ana" };
}
