import type { Outbox } from "./outbox";

export interface SaveState {
  readonly text: string;
  /** `keeping` for the few milliseconds in which a gesture is only in memory: nothing is promised yet. */
  readonly kind: "saved" | "keeping" | "waiting" | "offline" | "attention";
}

/** The one line that always says where the work is. */
export function saveState(
  outbox: Pick<Outbox, "waiting" | "unkept" | "conflicts" | "reachable" | "storing">,
  position: number,
  online: boolean,
): SaveState {
  const { waiting, unkept, conflicts, reachable, storing } = outbox;
  const count = waiting.toLocaleString("en");
  if (conflicts.length > 0)
    return {
      kind: "attention",
      text: `${conflicts.length} ${conflicts.length === 1 ? "conflict needs" : "conflicts need"} you`,
    };
  if (!storing && waiting > 0) return { kind: "attention", text: `${count} waiting, this browser stores nothing` };
  if (waiting === 0)
    return { kind: "saved", text: online ? `saved at ${position.toLocaleString("en")}` : "offline, nothing waiting" };
  if (unkept > 0) return { kind: "keeping", text: `keeping ${unkept.toLocaleString("en")}` };
  return online && reachable
    ? { kind: "waiting", text: `${count} waiting` }
    : { kind: "offline", text: `offline, ${count} kept here` };
}
