import type { Mask } from "../geometry/mask";
import type { MaskReply, MaskRequest } from "./maskWorker";

const ready = new Map<string, ImageBitmap>();
const asked = new Set<string>();
const listeners = new Set<() => void>();
const CACHED = 200;
let worker: Worker | null = null;

/** Tell the stage when a mask has been decoded, so that it repaints. Returns the way out. */
export function onMaskReady(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The mask in `colour`, or null while a worker decodes it. Keyed by content: a changed mask is another bitmap. */
export function maskBitmap(mask: Mask, colour: string): ImageBitmap | null {
  const key = `${colour}:${mask.size.join("x")}:${mask.counts}`;
  const bitmap = ready.get(key);
  if (bitmap) return bitmap;
  if (!asked.has(key)) {
    asked.add(key);
    worker ??= startWorker();
    worker.postMessage({ key, mask, colour } satisfies MaskRequest);
  }
  return null;
}

function startWorker(): Worker {
  const started = new Worker(new URL("./maskWorker.ts", import.meta.url), { type: "module" });
  started.onmessage = ({ data }: MessageEvent<MaskReply>) => {
    asked.delete(data.key);
    ready.set(data.key, data.bitmap);
    for (const oldest of ready.keys()) {
      if (ready.size <= CACHED) break;
      ready.get(oldest)?.close();
      ready.delete(oldest);
    }
    for (const listener of listeners) listener();
  };
  return started;
}
