import { annotationOf, type Command, touchedBy, withExpectations } from "./commands";
import { type Database, type Entry, storeGesture } from "./database";
import type { Stacks } from "./history";
import type { Problem } from "./model";
import type { Reply } from "./reconcile";

export type Outcome =
  | { readonly kind: "acknowledged"; readonly reply: Reply }
  | { readonly kind: "conflict"; readonly problem: Problem }
  | { readonly kind: "refused"; readonly problem: Problem }
  | { readonly kind: "unreachable" };

/** What the outbox tells whoever shows the image. A null reply means that another tab of this browser sent the entry. */
export interface OutboxListener {
  acknowledged(entry: Entry, reply: Reply | null): void;
  refused(entry: Entry, problem: Problem): void;
  changed(): void;
}

export interface OutboxOptions {
  readonly send: (entry: Entry) => Promise<Outcome>;
  readonly firstRetry_ms?: number;
  readonly lastRetry_ms?: number;
}

/**
 * Gestures on their way to the server: stored in IndexedDB and sent at once, in order per image, and tried again with
 * backoff until the server has answered. The key of each makes a second delivery harmless, so that neither the storing
 * nor the sending waits for the other: whichever is done when the tab is killed keeps the gesture.
 */
export class Outbox {
  private readonly entries: Entry[] = [];
  private readonly busy = new Set<string>();
  private readonly retries = new Map<string, { timer: ReturnType<typeof setTimeout>; delay_ms: number }>();
  private readonly listeners = new Set<OutboxListener>();
  /** By entry: its key in the database, once it is there, or the negative one if the browser would not store it. */
  private readonly keeping = new Map<string, Promise<number>>();
  private closed = false;
  private unstored = 0;
  /** False from a failed delivery until the next that gets an answer. */
  reachable = true;
  /** False when this browser would not store a gesture: it is then only in memory. */
  storing = true;

  private constructor(
    private readonly db: Database,
    private readonly options: OutboxOptions,
  ) {}

  /** With whatever an earlier life of this browser left behind, already on its way. */
  static async open(db: Database, options: OutboxOptions): Promise<Outbox> {
    const outbox = new Outbox(db, options);
    outbox.entries.push(...(await db.getAll("outbox")));
    outbox.flush();
    return outbox;
  }

  listen(listener: OutboxListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  pending(imageId: string): Entry[] {
    return this.entries.filter((entry) => entry.image_id === imageId && !entry.conflict);
  }

  get waiting(): number {
    return this.entries.filter((entry) => !entry.conflict).length;
  }

  /** Gestures that killing this tab would still lose: the browser has not answered yet that it stored them. */
  get unkept(): number {
    return this.storing ? this.entries.filter((entry) => entry.key < 0).length : 0;
  }

  get conflicts(): readonly Entry[] {
    return this.entries.filter((entry) => entry.conflict);
  }

  /** Resolves when the gesture is stored (or could not be); delivery goes on by itself. */
  async add(gesture: Omit<Entry, "key">, stacks: Stacks): Promise<void> {
    this.unstored -= 1;
    const entry: Entry = { ...gesture, key: this.unstored };
    this.entries.push(entry);
    const kept = this.keep(entry, gesture, stacks);
    this.keeping.set(entry.id, kept);
    this.changed();
    void this.deliver(entry.image_id);
    await kept;
  }

  private async keep({ id, key }: Entry, gesture: Omit<Entry, "key">, stacks: Stacks): Promise<number> {
    let kept = key;
    try {
      kept = await storeGesture(this.db, gesture, stacks);
      this.replace(id, (known) => ({ ...known, key: kept }));
    } catch {
      this.storing = false;
    }
    this.keeping.delete(id);
    this.changed();
    return kept;
  }

  /** Try everything again now. */
  flush(): void {
    for (const imageId of new Set(this.entries.map((entry) => entry.image_id))) {
      clearTimeout(this.retries.get(imageId)?.timer);
      this.retries.delete(imageId);
      void this.deliver(imageId);
    }
  }

  /** The person has answered a conflict: their version is sent anew elsewhere, or given up. */
  async settle(entryId: string): Promise<void> {
    const entry = this.entries.find((each) => each.id === entryId);
    if (entry) await this.drop(entry);
  }

  close(): void {
    this.closed = true;
    for (const { timer } of this.retries.values()) clearTimeout(timer);
    this.listeners.clear();
  }

  private async deliver(imageId: string): Promise<void> {
    if (this.busy.has(imageId) || this.closed) return;
    this.busy.add(imageId);
    try {
      await exclusively(`outbox:${imageId}`, () => this.drain(imageId));
    } finally {
      this.busy.delete(imageId);
    }
    // Something may have been added between the last look and here.
    const [next] = this.pending(imageId);
    if (next && !this.retries.has(imageId) && !this.closed) void this.deliver(imageId);
  }

  private async drain(imageId: string): Promise<void> {
    for (;;) {
      const [entry] = this.pending(imageId);
      if (!entry || this.closed) return;
      const stored = entry.key >= 0 ? await this.db.get("outbox", entry.key) : entry;
      if (!stored) {
        const sentElsewhere = entry;
        this.forget(entry, (listener) => listener.acknowledged(sentElsewhere, null));
        continue;
      }
      // What is stored is what is sent: another tab may have rebased it, and a repeated key must carry the same body.
      const outcome = await this.options.send(stored);
      if (this.closed) return;
      this.reachable = outcome.kind !== "unreachable";
      if (outcome.kind === "unreachable") {
        this.retryLater(imageId);
        return;
      }
      clearTimeout(this.retries.get(imageId)?.timer);
      this.retries.delete(imageId);
      await this.answer(stored, outcome);
    }
  }

  private async answer(entry: Entry, outcome: Exclude<Outcome, { kind: "unreachable" }>): Promise<void> {
    switch (outcome.kind) {
      case "acknowledged":
        await this.rebase(entry, outcome.reply);
        await this.drop(entry, (listener) => listener.acknowledged(entry, outcome.reply));
        return;
      case "refused":
        await this.drop(entry, (listener) => listener.refused(entry, outcome.problem));
        return;
      case "conflict": {
        const key = await this.keyOf(entry);
        const marked = { ...entry, key, conflict: outcome.problem };
        this.replace(entry.id, () => marked);
        if (key >= 0) await this.db.put("outbox", marked);
        this.changed();
      }
    }
  }

  /** Later edits of the same annotations expect the version that this answer gave them. */
  private async rebase(acknowledged: Entry, reply: Reply): Promise<void> {
    const touched = touchedBy(acknowledged.commands);
    const versions = new Map(reply.annotations.map(({ id, version }) => [id, version]));
    for (const later of this.pending(acknowledged.image_id)) {
      if (later.id === acknowledged.id || !later.commands.some((command) => isUnder(command, touched))) continue;
      const settled = withExpectations(later.commands, (id) => (touched.has(id) ? versions.get(id) : undefined));
      const commands = later.commands.map((command, i) =>
        isUnder(command, touched) ? (settled[i] ?? command) : command,
      );
      // What is being stored is what an earlier life of this page would send: it changes in both places, or neither.
      await this.keyOf(later);
      this.replace(later.id, (known) => ({ ...known, commands }));
      for (const id of touchedBy(later.commands)) touched.delete(id);
      const stored = this.entries.find((entry) => entry.id === later.id);
      if (stored && stored.key >= 0) await this.db.put("outbox", stored);
    }
  }

  private retryLater(imageId: string): void {
    const { firstRetry_ms = 500, lastRetry_ms = 15_000 } = this.options;
    const before = this.retries.get(imageId);
    clearTimeout(before?.timer);
    const delay_ms = Math.min(lastRetry_ms, before ? before.delay_ms * 2 : firstRetry_ms);
    // Jitter, so that many pages do not come back in step after an outage.
    const timer = setTimeout(() => void this.deliver(imageId), delay_ms * (0.75 + Math.random() / 2));
    this.retries.set(imageId, { timer, delay_ms });
    this.changed();
  }

  /** Killed before the browser has deleted it, it is sent again, which its key makes harmless: nobody waits for that. */
  private async drop(entry: Entry, about?: (listener: OutboxListener) => void): Promise<void> {
    const kept = this.keyOf(entry);
    this.forget(entry, about);
    const key = await kept;
    if (key >= 0) await this.db.delete("outbox", key);
  }

  private keyOf({ id, key }: Entry): Promise<number> {
    return this.keeping.get(id) ?? Promise.resolve(this.entries.find((entry) => entry.id === id)?.key ?? key);
  }

  /** Gone from here and told why in one breath: in between, its shape would be nowhere. */
  private forget(entry: Entry, about?: (listener: OutboxListener) => void): void {
    const at = this.entries.findIndex((each) => each.id === entry.id);
    if (at >= 0) this.entries.splice(at, 1);
    if (about) this.tell(about);
    this.changed();
  }

  private replace(id: string, by: (entry: Entry) => Entry): void {
    const at = this.entries.findIndex((entry) => entry.id === id);
    const known = this.entries[at];
    if (known) this.entries[at] = by(known);
  }

  private changed(): void {
    this.tell((listener) => listener.changed());
  }

  private tell(about: (listener: OutboxListener) => void): void {
    for (const listener of this.listeners) about(listener);
  }
}

const isUnder = (command: Command, ids: ReadonlySet<string>) => ids.has(annotationOf(command) ?? "");

/** One tab of this browser at a time; where the browser has no locks, the idempotency keys still hold. */
function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  return locks ? (locks.request(name, work) as Promise<T>) : work();
}
