import type { FeedListener, FeedState, Frame } from "./frames";

const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 15_000;
/** This many heartbeats without a frame mean that the line is dead, whatever the socket says. */
const MISSED_HEARTBEATS = 2.5;

/** WebSocket.OPEN. */
const OPEN = 1;

/** One project's feed: it holds a cursor, resumes from it after any disconnect, and so misses nothing. */
export class Feed {
  readonly #url: string;
  readonly #listeners = new Set<FeedListener>();
  readonly #open: (url: string) => WebSocket;
  #socket: WebSocket | null = null;
  #cursor: { epoch: number; position: number } | null = null;
  #heartbeatMs = 15_000;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  state: FeedState = "connecting";

  constructor(url: string, open: (url: string) => WebSocket = (address) => new WebSocket(address)) {
    this.#url = url;
    this.#open = open;
    this.#connect();
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  get cursor(): string | null {
    return this.#cursor && `${this.#cursor.epoch}:${this.#cursor.position}`;
  }

  subscribe(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    listener.onState?.(this.state);
    return () => this.#listeners.delete(listener);
  }

  /** Tell the others in this project where one is; lossy. */
  announce(presence: Record<string, unknown>): void {
    const socket = this.#socket;
    if (socket?.readyState === OPEN) socket.send(JSON.stringify({ ...presence, type: "presence" }));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#socket?.close();
  }

  #connect(): void {
    const cursor = this.cursor;
    const socket = this.#open(cursor ? `${this.#url}?cursor=${cursor}` : this.#url);
    this.#socket = socket;
    socket.onmessage = (message) => {
      this.#listen();
      this.#receive(JSON.parse(String(message.data)) as Frame);
    };
    socket.onclose = () => this.#reconnect(socket);
    socket.onerror = () => socket.close();
    this.#listen();
  }

  #reconnect(socket: WebSocket): void {
    if (this.#closed || socket !== this.#socket) return;
    clearTimeout(this.#silence);
    this.#become("offline");
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures += 1;
    // Full jitter: after a restart of the server its browsers must not come back in one wave.
    this.#timer = setTimeout(() => this.#connect(), ceiling * (0.3 + 0.7 * Math.random()));
  }

  /** Start waiting for the next frame anew; too long a silence drops the line. */
  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#socket?.close(), this.#heartbeatMs * MISSED_HEARTBEATS);
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case "welcome":
        this.#failures = 0;
        this.#heartbeatMs = frame.heartbeat_s * 1000;
        this.#cursor ??= { epoch: frame.epoch, position: frame.head };
        this.#socket?.send('{"type":"hello"}');
        this.#become("live");
        break;
      case "events": {
        const seen = this.#cursor?.position ?? 0;
        const fresh = frame.events.filter((event) => event.position > seen);
        if (this.#cursor) this.#cursor = { ...this.#cursor, position: Math.max(seen, frame.position) };
        if (fresh.length > 0) for (const each of this.#listeners) each.onEvents?.(fresh);
        break;
      }
      case "heartbeat":
        // Any answer tells the server that somebody is there.
        this.#socket?.send('{"type":"alive"}');
        break;
      case "resync":
        this.#cursor = { epoch: frame.epoch, position: frame.head };
        for (const each of this.#listeners) each.onResync?.();
        break;
      case "progress":
        for (const each of this.#listeners) each.onProgress?.(frame);
        break;
      case "presence":
        for (const each of this.#listeners) each.onPresence?.(frame);
        break;
    }
  }

  #become(state: FeedState): void {
    if (state === this.state) return;
    this.state = state;
    for (const each of this.#listeners) each.onState?.(state);
  }
}
