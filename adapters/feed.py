"""The feed's source: one LISTEN connection, one tailing reader and one ring buffer per API process.

A socket is only a cursor into it (architecture.md section 5). NOTIFY is a doorbell; a poll each second covers a
lost one.
"""

import asyncio
import contextlib
import logging
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Generator, Iterable
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from adapters.codec import EVENT_COLUMNS, decode_event
from adapters.database import DATABASE_AWAY, SOON_S, connected
from adapters.feed_frames import FeedEvent, SharedFrames
from domain.ports import Head

RING_EVENTS = 20_000
PAGE_EVENTS = 500
POLL_S = 1.0
PROBE_EVERY_S = 10.0
MAX_CATCH_UP_EVENTS = 50_000
"""A cursor further behind than this is cheaper to resync than to replay."""

EPHEMERAL_FRAMES = 64
"""Progress and presence frames that a slow socket may have waiting; older ones are dropped, by contract."""

log = logging.getLogger("autoannotate.feed")

_encode = msgspec.json.Encoder().encode


class EventView(msgspec.Struct, frozen=True):
    """An event on the wire: in the feed, in GET …/events and in an image's history."""

    position: int
    type: str
    stream_id: UUID
    version: int
    data: msgspec.Raw
    actor: UUID
    recorded_at: datetime
    command_id: UUID | None = None


def event_view(row: asyncpg.Record) -> EventView:
    # Decoding and encoding again brings an old event to its newest shape.
    event = decode_event(row["type"], row["schema_version"], row["data"])
    data = msgspec.json.encode(event)
    return EventView(
        position=row["position"],
        type=row["type"],
        stream_id=row["stream_id"],
        version=row["version"],
        data=msgspec.Raw(data),
        actor=row["actor_id"],
        recorded_at=row["recorded_at"],
        command_id=row["command_id"],
    )


class Follower:
    """One socket's end: rung when there is something to send, with the ephemeral frames that wait for it."""

    def __init__(self) -> None:
        self.rang = asyncio.Event()
        self.waiting: deque[bytes] = deque(maxlen=EPHEMERAL_FRAMES)


class FeedHub:
    def __init__(self, database_url: str, pool: asyncpg.Pool) -> None:
        self._database_url = database_url
        self._pool = pool
        self._ring: deque[FeedEvent] = deque(maxlen=RING_EVENTS)
        self._doorbell = asyncio.Event()
        self._followers: defaultdict[UUID, set[Follower]] = defaultdict(set)
        self._frames = SharedFrames(self.after)
        self._tasks: list[asyncio.Task[None]] = []
        self._catch_ups = asyncio.Semaphore(4)
        self._reading = asyncio.Lock()
        self.head = Head(0, 0)

    async def start(self) -> None:
        self.head = await self._read_head()
        self._tasks = [
            asyncio.create_task(self._listen_for_ever(), name="feed-listen"),
            asyncio.create_task(self._tail_for_ever(), name="feed-tail"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []

    def is_resumable(self, epoch: int, position: int) -> bool:
        return epoch == self.head.epoch and self.head.position - MAX_CATCH_UP_EVENTS <= position <= self.head.position

    async def reach(self, epoch: int, position: int) -> None:
        """Read on at once if a cursor is ahead of this process: another one may have been faster to tell of it."""
        if (epoch, position) > (self.head.epoch, self.head.position):
            async with self._reading:
                await self._look_at_epoch()
                await self._read_to_end()

    async def after(self, project_id: UUID, position: int, limit: int) -> tuple[list[FeedEvent], int]:
        """The project's next events after `position`, and the position up to which nothing was missed."""
        if self._ring and self._ring[0].position <= position + 1:
            start = bisect_right(self._ring, position, key=lambda event: event.position)
            events: list[FeedEvent] = []
            for index in range(start, len(self._ring)):
                event = self._ring[index]
                if event.project_id == project_id:
                    events.append(event)
                    if len(events) == limit:
                        return events, event.position
            return events, self.head.position
        if position >= self.head.position:
            return [], self.head.position
        async with self._catch_ups:
            upto = self.head.position
            rows = await self._pool.fetch(
                f"SELECT {EVENT_COLUMNS} FROM events WHERE project_id = $1 AND position > $2 AND position <= $3 "
                "ORDER BY position LIMIT $4",
                project_id,
                position,
                upto,
                limit,
            )
        events = [_feed_event(row) for row in rows]
        return events, events[-1].position if len(events) == limit else upto

    async def frame_after(self, project_id: UUID, position: int) -> tuple[str | None, int]:
        """The frame with the next events, None if there are none; the position that a socket has reached with it."""
        return await self._frames.after(project_id, position)

    @contextlib.contextmanager
    def following(self, project_id: UUID) -> Generator[Follower]:
        """While open, rung at events of the project; gets progress and presence, which may be lost."""
        follower = Follower()
        self._followers[project_id].add(follower)
        try:
            yield follower
        finally:
            self._followers[project_id].discard(follower)
            if not self._followers[project_id]:
                del self._followers[project_id]

    def publish(self, project_id: UUID, frame: bytes) -> None:
        for follower in self._followers.get(project_id, ()):
            follower.waiting.append(frame)
            follower.rang.set()

    async def announce_presence(self, project_id: UUID, presence: bytes) -> None:
        """To every API process; `presence` is at most 7 kB of JSON object (NOTIFY's limit is 8,000 bytes)."""
        await self._pool.execute("SELECT pg_notify('presence', $1)", f"{project_id} {presence.decode()}")

    async def _read_head(self) -> Head:
        (row,) = await self._fetch("SELECT epoch, position FROM log_head WHERE id = 1")
        return Head(row["epoch"], row["position"])

    async def _fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        # With the time of acquiring goes the time of releasing: a half-open connection is given up, not waited for.
        async with self._pool.acquire(timeout=SOON_S) as connection:
            return await connection.fetch(sql, *args, timeout=SOON_S)

    async def _tail_for_ever(self) -> None:
        while True:
            self._doorbell.clear()
            try:
                async with self._reading:
                    await self._read_to_end()
                if not await _happens(self._doorbell, POLL_S):
                    async with self._reading:
                        await self._look_at_epoch()
            except DATABASE_AWAY:
                await asyncio.sleep(0.2)
            except Exception:
                # An event that this program does not know, say: never skipped, and never the silent end of the feed.
                log.exception("the feed stands still at position %d", self.head.position)
                await asyncio.sleep(POLL_S)

    async def _look_at_epoch(self) -> None:
        head = await self._read_head()
        if head.epoch != self.head.epoch:
            self._ring.clear()
            self._move_to(head, list(self._followers))

    async def _read_to_end(self) -> None:
        while await self._read_on():
            pass

    async def _read_on(self) -> bool:
        """Whether a full page came, so there may be more."""
        rows = await self._fetch(
            f"SELECT {EVENT_COLUMNS} FROM events WHERE position > $1 ORDER BY position LIMIT $2",
            self.head.position,
            PAGE_EVENTS,
        )
        if not rows:
            return False
        self._ring.extend(_feed_event(row) for row in rows)
        if erased := {row["stream_id"] for row in rows if row["type"] == "image.erased"}:
            # What an erased picture was called must not be replayed from memory.
            kept = [event for event in self._ring if event.stream_id not in erased or event.type == "image.erased"]
            self._ring = deque(kept, maxlen=RING_EVENTS)
        self._move_to(Head(self.head.epoch, rows[-1]["position"]), {row["project_id"] for row in rows})
        return len(rows) == PAGE_EVENTS

    def _move_to(self, head: Head, project_ids: Iterable[UUID]) -> None:
        self.head = head
        self._frames.forget()
        for project_id in project_ids:
            for follower in self._followers.get(project_id, ()):
                follower.rang.set()

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                async with connected(self._database_url) as connection:
                    lost = asyncio.Event()
                    connection.add_termination_listener(lambda _c, lost=lost: lost.set())
                    await connection.add_listener("es_head", lambda _c, _p, _ch, _text: self._doorbell.set())
                    await connection.add_listener("progress", lambda _c, _p, _ch, text: self._progress(text))
                    await connection.add_listener("presence", lambda _c, _p, _ch, text: self._presence(text))
                    self._doorbell.set()
                    while not await _happens(lost, PROBE_EVERY_S):
                        # Nobody writes to a connection that only listens, so nobody notices when it is half open.
                        if not await _answers(connection):
                            connection.terminate()
                            break
            except DATABASE_AWAY:
                await asyncio.sleep(0.2)

    def _progress(self, text: str) -> None:
        frame = msgspec.json.decode(text)
        project_id = UUID(frame.pop("project_id"))
        self.publish(project_id, _encode({"type": "progress", **frame}))

    def _presence(self, text: str) -> None:
        project_id, _, presence = text.partition(" ")
        self.publish(UUID(project_id), b'{"type":"presence",' + presence.encode()[1:])


async def _happens(event: asyncio.Event, within_s: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
    return event.is_set()


async def _answers(connection: asyncpg.Connection) -> bool:
    asked = asyncio.ensure_future(connection.fetchval("SELECT true"))
    await asyncio.wait([asked], timeout=SOON_S)
    if not asked.done():
        # Its connection is terminated now, which ends it.
        asked.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return False
    return asked.exception() is None


def _feed_event(row: asyncpg.Record) -> FeedEvent:
    return FeedEvent(row["position"], row["project_id"], row["stream_id"], row["type"], _encode(event_view(row)))
