import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Command } from "./commands";
import type { Stacks } from "./history";
import type { Problem } from "./model";

/** One gesture on its way to the server. `id` is its Idempotency-Key. */
export interface Entry {
  readonly key: number;
  readonly id: string;
  readonly image_id: string;
  readonly mark_id: string;
  readonly label: string;
  readonly commands: readonly Command[];
  readonly made_at_ms: number;
  /** Set when the server answered 409: it waits for the person, not for the network. */
  readonly conflict?: Problem;
}

interface Schema extends DBSchema {
  outbox: { key: number; value: Entry; indexes: { image_id: string } };
  history: { key: string; value: Stacks };
}

export type Database = IDBPDatabase<Schema>;

export function openDatabase(name = "auto-annotation"): Promise<Database> {
  return openDB<Schema>(name, 1, {
    upgrade(db) {
      const outbox = db.createObjectStore("outbox", { keyPath: "key", autoIncrement: true });
      outbox.createIndex("image_id", "image_id");
      db.createObjectStore("history");
    },
  });
}

/**
 * Store the gesture and the history that follows from it in one transaction, and ask for the commit in the same task:
 * once these requests have left the page, killing the tab no longer loses them.
 */
export async function storeGesture(db: Database, entry: Omit<Entry, "key">, stacks: Stacks): Promise<number> {
  const transaction = db.transaction(["outbox", "history"], "readwrite");
  // The store makes the key (autoIncrement), which the schema's type cannot say.
  const added = transaction.objectStore("outbox").add(entry as Entry);
  const kept = transaction.objectStore("history").put(stacks, entry.image_id);
  transaction.commit();
  const [key] = await Promise.all([added, kept, transaction.done]);
  return key;
}
