import type { Picture } from "../canvas/imageLayer";
import { toWire } from "./commands";
import type { Entry } from "./database";
import type { Annotation, ImageDocument, OpenedImage, Prediction, Problem } from "./model";
import type { Outcome } from "./outbox";
import type { Reply } from "./reconcile";

interface WireDocument {
  version: number;
  position: number;
  annotations: Annotation[];
  predictions: Prediction[];
  state: ImageDocument["state"];
  claimed_by?: string | null;
}

const PREVIEW_PX = 2048;

export async function read<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error((await problemOf(response)).detail);
  return (await response.json()) as T;
}

export function fetchImage(id: string): Promise<OpenedImage> {
  return read<OpenedImage>(`/api/images/${id}`);
}

/** Annotations, open predictions and review state, all of one version. */
export async function fetchDocument(id: string): Promise<ImageDocument> {
  const wire = await read<WireDocument>(`/api/images/${id}/annotations`);
  return {
    version: wire.version,
    position: wire.position,
    state: wire.state,
    claimed_by: wire.claimed_by ?? null,
    annotations: new Map(wire.annotations.map((annotation) => [annotation.id, annotation])),
    predictions: new Map(wire.predictions.map((prediction) => [prediction.id, prediction])),
  };
}

/** The preview, decoded, so that showing it costs no more than putting it into the page. */
export async function fetchPicture({ id, width, height }: OpenedImage): Promise<Picture> {
  const preview = new Image();
  preview.src = `/api/images/${id}/preview?size=${PREVIEW_PX}`;
  await preview.decode();
  return { size: { width, height }, preview, fullUrl: `/api/images/${id}/file` };
}

/** Answers that say "not now" rather than "no". */
const TRANSIENT = new Set([408, 425, 429]);

/** Post one gesture. Its id is the Idempotency-Key, so posting it again is harmless. */
export async function sendEntry(entry: Entry): Promise<Outcome> {
  let response: Response;
  try {
    response = await fetch(`/api/images/${entry.image_id}/commands`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": entry.id },
      body: JSON.stringify({ commands: entry.commands.map(toWire) }),
    });
    if (response.ok) return { kind: "acknowledged", reply: (await response.json()) as Reply };
  } catch {
    return { kind: "unreachable" };
  }
  if (response.status >= 500 || TRANSIENT.has(response.status)) return { kind: "unreachable" };
  const problem = await problemOf(response);
  return { kind: response.status === 409 && problem.missed_events ? "conflict" : "refused", problem };
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback = {
    status: response.status,
    title: response.statusText,
    detail: `The server answered ${response.status}.`,
  };
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return fallback;
  }
}
