import type { Geometry } from "../geometry/geometry";

export type ReviewState = "unlabelled" | "in_progress" | "submitted" | "approved" | "rejected" | "auto";

export interface Annotation {
  readonly id: string;
  readonly category_id: string;
  readonly geometry: Geometry;
  readonly source: string;
  readonly confidence?: number | null;
  readonly created_by: string | null;
  /** The image's version when this annotation last changed; 0 while it is only known here. */
  readonly version: number;
}

export interface Prediction {
  readonly id: string;
  readonly category_id: string;
  readonly geometry: Geometry;
  readonly confidence: number;
  readonly run_id: string | null;
}

export interface Category {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly hotkey?: string | null;
}

export interface OpenedImage {
  readonly id: string;
  readonly project_id: string;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
  readonly state: ReviewState;
}

/** What the server said about one image, as of `version` of its stream. */
export interface ImageDocument {
  readonly version: number;
  readonly position: number;
  readonly state: ReviewState;
  readonly claimed_by?: string | null;
  readonly annotations: ReadonlyMap<string, Annotation>;
  readonly predictions: ReadonlyMap<string, Prediction>;
}

/** One event of the feed, as far as an open image needs it. */
export interface FeedEvent {
  readonly position: number;
  readonly type: string;
  readonly stream_id: string;
  readonly version: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly actor?: string | null;
  readonly recorded_at?: string;
}

/** application/problem+json, with what a 409 adds. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly missed_events?: readonly FeedEvent[];
}
