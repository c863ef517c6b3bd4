import type { FeedEvent } from "../api/types";

export type Frame =
  | { type: "welcome"; epoch: number; head: number; heartbeat_s: number }
  | { type: "events"; position: number; events: FeedEvent[] }
  | { type: "progress"; job_id: string; progress: number; message: string }
  | { type: "presence"; [key: string]: unknown }
  | { type: "heartbeat"; epoch: number; head: number }
  | { type: "resync"; epoch: number; head: number };

export interface FeedListener {
  onEvents?: (events: readonly FeedEvent[]) => void;
  onProgress?: (progress: Extract<Frame, { type: "progress" }>) => void;
  onPresence?: (presence: Extract<Frame, { type: "presence" }>) => void;
  /** Something may have been missed: read again what is shown. */
  onResync?: () => void;
  onState?: (state: FeedState) => void;
}

export type FeedState = "connecting" | "live" | "offline";
