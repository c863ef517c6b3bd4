import { type Database, openDatabase } from "./database";
import { sendEntry } from "./imageApi";
import { Outbox } from "./outbox";

export interface Session {
  readonly database: Database;
  readonly outbox: Outbox;
}

let session: Promise<Session> | null = null;

/** The one outbox of this page. Started with the app, not with the canvas: what waits is delivered on any page. */
export function startSession(): Promise<Session> {
  session ??= start();
  return session;
}

async function start(): Promise<Session> {
  const database = await openDatabase();
  const outbox = await Outbox.open(database, { send: sendEntry });
  window.addEventListener("online", () => outbox.flush());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && outbox.flush());
  return { database, outbox };
}
