import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FeedEvent } from "../api/types";
import { Feed } from "./feed";
import type { FeedState, Frame } from "./frames";

/** A socket whose other end is the test. */
class Line {
  static opened: Line[] = [];
  readonly sent: string[] = [];
  readyState = 1;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  constructor(readonly url: string) {
    Line.opened.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }
  tell(frame: Frame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  welcome(head: number, epoch = 1): void {
    this.tell({ type: "welcome", epoch, head, heartbeat_s: 15 });
  }
  events(...positions: number[]): void {
    const events = positions.map((position) => ({ position, type: "job.started" }) as FeedEvent);
    this.tell({ type: "events", position: Math.max(...positions), events });
  }
}

const last = (): Line => Line.opened.at(-1) as Line;
const opened = (): Feed => new Feed("ws://host/feed", (url) => new Line(url) as unknown as WebSocket);

describe("feed", () => {
  beforeEach(() => {
    Line.opened = [];
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  test("starts at the head it is welcomed with", () => {
    const feed = opened();
    expect(last().url).toBe("ws://host/feed");
    last().welcome(41);
    expect(feed.cursor).toBe("1:41");
    expect(feed.state).toBe("live");
    feed.close();
  });

  test("comes back after a cut with its cursor and hands on nothing twice", () => {
    const feed = opened();
    const seen: number[] = [];
    const states: FeedState[] = [];
    feed.subscribe({
      onEvents: (events) => seen.push(...events.map(({ position }) => position)),
      onState: (state) => states.push(state),
    });
    last().welcome(10);
    last().events(11, 12);
    last().close();
    vi.advanceTimersByTime(16_000);
    expect(Line.opened).toHaveLength(2);
    expect(last().url).toBe("ws://host/feed?cursor=1:12");
    last().welcome(14);
    // The server may repeat what it had sent into the broken line.
    last().events(12, 13, 14);
    expect(seen).toEqual([11, 12, 13, 14]);
    expect(states).toEqual(["connecting", "live", "offline", "live"]);
    feed.close();
  });

  test("waits longer after each failure, never longer than its ceiling", () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const feed = opened();
    const waits: number[] = [];
    for (let failure = 0; failure < 9; failure++) {
      const before = Line.opened.length;
      last().close();
      let waited = 0;
      for (; Line.opened.length === before; waited += 100) vi.advanceTimersByTime(100);
      waits.push(waited);
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBe(15_000);
    feed.close();
  });

  test("takes a line on which even heartbeats stay away for dead", () => {
    const feed = opened();
    last().welcome(1);
    vi.advanceTimersByTime(30_000);
    last().tell({ type: "heartbeat", epoch: 1, head: 1 });
    expect(last().sent).toContain('{"type":"alive"}');
    vi.advanceTimersByTime(30_000);
    expect(feed.state).toBe("live");
    vi.advanceTimersByTime(10_000);
    expect(feed.state).toBe("offline");
    feed.close();
  });

  test("moves to the told place on a resync and says that something may be missing", () => {
    const feed = opened();
    const resync = vi.fn();
    feed.subscribe({ onResync: resync });
    last().welcome(10);
    last().tell({ type: "resync", epoch: 2, head: 99 });
    expect(resync).toHaveBeenCalledOnce();
    expect(feed.cursor).toBe("2:99");
    feed.close();
  });

  test("does not come back once closed", () => {
    const feed = opened();
    feed.close();
    vi.advanceTimersByTime(60_000);
    expect(Line.opened).toHaveLength(1);
  });
});
