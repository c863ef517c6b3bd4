"""The feed's source: one LISTEN connection, one tailing reader and one ring buffer per API process.

A socket is only a cursor into it (architecture.md section 5). NOTIFY is a doorbell; a poll each second covers a
lost one.
"""

import asyncio
import contextlib
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from adapters.codec import EVENT_COLUMNS, decode_event
from adapters.database import connected
from domain.ports import Head

RING_EVENTS = 20_000
PAGE_EVENTS = 500
POLL_S = 1.0
MAX_CATCH_UP_EVENTS = 50_000
"""A cursor further behind than this is cheaper to resync than to replay."""

_encode = msgspec.json.Encoder().encode


class FeedEvent(msgspec.Struct, frozen=True):
    position: int
    project_id: UUID
    stream_id: UUID
    type: str
    encoded: bytes


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


class FeedHub:
    def __init__(self, database_url: str, pool: asyncpg.Pool) -> None:
        self._database_url = database_url
        self._pool = pool
        self._ring: deque[FeedEvent] = deque(maxlen=RING_EVENTS)
        self._doorbell = asyncio.Event()
        self._arrival: asyncio.Future[None] | None = None
        self._ephemeral: set[Callable[[UUID, bytes], None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._catch_ups = asyncio.Semaphore(4)
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

    async def arrival(self) -> None:
        """Returns at the next event of any project."""
        if self._arrival is None:
            self._arrival = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._arrival)

    @contextlib.contextmanager
    def ephemeral(self, receive: Callable[[UUID, bytes], None]):
        """While open, `receive(project_id, frame)` gets progress and presence frames; they may be lost."""
        self._ephemeral.add(receive)
        try:
            yield
        finally:
            self._ephemeral.discard(receive)

    def publish(self, project_id: UUID, frame: bytes) -> None:
        for receive in list(self._ephemeral):
            receive(project_id, frame)

    async def announce_presence(self, project_id: UUID, presence: bytes) -> None:
        """To every API process; `presence` is at most 7 kB of JSON object (NOTIFY's limit is 8,000 bytes)."""
        await self._pool.execute("SELECT pg_notify('presence', $1)", f"{project_id} {presence.decode()}")

    async def _read_head(self) -> Head:
        row = await self._pool.fetchrow("SELECT epoch, position FROM log_head WHERE id = 1")
        return Head(row["epoch"], row["position"])

    async def _tail_for_ever(self) -> None:
        while True:
            self._doorbell.clear()
            try:
                while await self._read_on():
                    pass
                head = await self._read_head()
                if head.epoch != self.head.epoch:
                    self._ring.clear()
                    self.head = head
                    self._wake()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await asyncio.sleep(0.2)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._doorbell.wait(), POLL_S)

    async def _read_on(self) -> bool:
        """Whether a full page came, so there may be more."""
        rows = await self._pool.fetch(
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
        self.head = Head(self.head.epoch, rows[-1]["position"])
        self._wake()
        return len(rows) == PAGE_EVENTS

    def _wake(self) -> None:
        arrived, self._arrival = self._arrival, None
        if arrived is not None and not arrived.done():
            arrived.set_result(None)

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
                    await lost.wait()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await asyncio.sleep(0.2)

    def _progress(self, text: str) -> None:
        frame = msgspec.json.decode(text)
        project_id = UUID(frame.pop("project_id"))
        self.publish(project_id, _encode({"type": "progress", **frame}))

    def _presence(self, text: str) -> None:
        project_id, _, presence = text.partition(" ")
        self.publish(UUID(project_id), b'{"type":"presence",' + presence.encode()[1:])


def _feed_event(row: asyncpg.Record) -> FeedEvent:
    return FeedEvent(row["position"], row["project_id"], row["stream_id"], row["type"], _encode(event_view(row)))
