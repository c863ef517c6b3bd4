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
  #stopped = false;

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

  stop(): void {
    this.#stopped = true;
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
      while (this.#queue.length > 0 && !this.#stopped) {
        const batch = nextBatch(this.#queue);
        const before = this.store.getState().bytesSent;
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
        }));
      }
    } finally {
      this.store.setState({ running: false });
    }
  }

  async #sendUntilAnswered(batch: readonly QueuedFile[]): Promise<Upload> {
    const before = this.store.getState().bytesSent;
    for (;;) {
      try {
        return await this.#send(
          this.#projectId,
          batch.map(({ file }) => file),
          (sent) => this.store.setState({ bytesSent: before + sent }),
        );
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.store.setState({ bytesSent: before, trouble: reason });
        if (error instanceof UploadRefused) {
          const rejected = batch.map(({ file }) => ({ file_name: file.name, reason }));
          return { registered: [], duplicates: [], rejected };
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
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
