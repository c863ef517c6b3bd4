import { createStore } from "zustand/vanilla";
import type { Upload } from "../../api/types";
import type { QueuedFile } from "./uploadStore";

export const FILES_PER_REQUEST = 50;
const BYTES_PER_REQUEST = 64 * 2 ** 20;
const RETRY_MS = 2_000;

export interface UploadState {
  total: number;
  sent: number;
  bytesTotal: number;
  bytesSent: number;
  registered: number;
  duplicates: number;
  rejected: { file_name: string; reason: string }[];
  /** What keeps it waiting, if anything does. */
  trouble: string | null;
  running: boolean;
  /** The files of the request under way, in the order in which their bytes leave. */
  onTheWay: readonly { file_name: string; size: number }[];
  /** How many bytes of those have left. */
  bytesOnTheWay: number;
}

const IDLE: UploadState = {
  total: 0,
  sent: 0,
  bytesTotal: 0,
  bytesSent: 0,
  registered: 0,
  duplicates: 0,
  rejected: [],
  trouble: null,
  running: false,
  onTheWay: [],
  bytesOnTheWay: 0,
};

export interface UploadStore {
  add(projectId: string, files: readonly File[]): Promise<QueuedFile[]>;
  waiting(projectId: string): Promise<QueuedFile[]>;
  remove(ids: readonly number[]): Promise<void>;
}

export type SendFiles = (projectId: string, files: readonly File[], onBytes: (sent: number) => void) => Promise<Upload>;

/** Raised by SendFiles for what will not get better by trying again. */
export class UploadRefused extends Error {}

/** Sends a project's files in requests of a few dozen; what the server has registered leaves the queue, nothing else. */
export class Uploader {
  readonly store = createStore<UploadState>(() => IDLE);
  readonly #projectId: string;
  readonly #files: UploadStore;
  readonly #send: SendFiles;
  readonly #queue: QueuedFile[] = [];

  constructor(projectId: string, files: UploadStore, send: SendFiles) {
    this.#projectId = projectId;
    this.#files = files;
    this.#send = send;
  }

  /** Go on with what an earlier visit left. */
  async resume(): Promise<void> {
    this.#enqueue(await this.#files.waiting(this.#projectId));
    await this.#run();
  }

  async add(files: readonly File[]): Promise<void> {
    if (files.length === 0) return;
    if (!this.store.getState().running) this.store.setState({ ...IDLE });
    this.#enqueue(await this.#files.add(this.#projectId, files));
    await this.#run();
  }

  #enqueue(queued: readonly QueuedFile[]): void {
    const known = new Set(this.#queue.map((each) => each.id));
    const fresh = queued.filter((each) => !known.has(each.id));
    this.#queue.push(...fresh);
    const bytes = fresh.reduce((sum, { file }) => sum + file.size, 0);
    this.store.setState((s) => ({ total: s.total + fresh.length, bytesTotal: s.bytesTotal + bytes }));
  }

  async #run(): Promise<void> {
    if (this.store.getState().running) return;
    this.store.setState({ running: true });
    try {
      while (this.#queue.length > 0) {
        const batch = nextBatch(this.#queue);
        const before = this.store.getState().bytesSent;
        this.store.setState({ onTheWay: batch.map(({ file }) => ({ file_name: file.name, size: file.size })) });
        const outcome = await this.#sendUntilAnswered(batch);
        await this.#files.remove(batch.map(({ id }) => id));
        this.#queue.splice(0, batch.length);
        const bytes = batch.reduce((sum, { file }) => sum + file.size, 0);
        this.store.setState((s) => ({
          sent: s.sent + batch.length,
          // Counted by the files: a request body is a little longer than what it carries.
          bytesSent: before + bytes,
          registered: s.registered + outcome.registered.length,
          duplicates: s.duplicates + outcome.duplicates.length,
          rejected: [...s.rejected, ...outcome.rejected],
          trouble: null,
          bytesOnTheWay: 0,
        }));
      }
    } finally {
      this.store.setState({ running: false, onTheWay: [], bytesOnTheWay: 0 });
    }
  }

  async #sendUntilAnswered(batch: readonly QueuedFile[]): Promise<Upload> {
    const before = this.store.getState().bytesSent;
    for (;;) {
      try {
        return await this.#send(
          this.#projectId,
          batch.map(({ file }) => file),
          (sent) => this.store.setState({ bytesSent: before + sent, bytesOnTheWay: sent }),
        );
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.store.setState({ bytesSent: before, bytesOnTheWay: 0, trouble: reason });
        if (error instanceof UploadRefused) {
          const rejected = batch.map(({ file }) => ({ file_name: file.name, reason }));
          return { registered: [], duplicates: [], rejected };
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

/** How much of each file has left, 0 to 1, when `bytes` of one body that holds them in order have. */
export function sharesOf(files: readonly { size: number }[], bytes: number): number[] {
  let left = bytes;
  return files.map(({ size }) => {
    const share = size === 0 ? Number(left > 0) : Math.min(1, Math.max(0, left / size));
    left -= size;
    return share;
  });
}

function nextBatch(queue: readonly QueuedFile[]): QueuedFile[] {
  const first = queue[0];
  // A zip goes alone: it is another kind of request.
  if (first && isZip(first.file)) return [first];
  const batch: QueuedFile[] = [];
  let bytes = 0;
  for (const queued of queue) {
    bytes += queued.file.size;
    if (batch.length === FILES_PER_REQUEST || isZip(queued.file) || (batch.length > 0 && bytes > BYTES_PER_REQUEST))
      break;
    batch.push(queued);
  }
  return batch;
}

export function isZip(file: File): boolean {
  return file.type === "application/zip" || file.name.toLowerCase().endsWith(".zip");
}
