"""The log in PostgreSQL, with group commit: one transaction carries whatever arrived while the last one ran."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from adapters.codec import EVENT_COLUMNS, decode_record, encode_event
from adapters.database import DATABASE_AWAY, SOON_S, Connection
from adapters.project_rows import annotations_in_use
from adapters.read_model import apply_changes
from domain.errors import Unavailable
from domain.events import SCHEMA_VERSIONS, CategoryRemoved, RecordedEvent
from domain.ports import Append, Appended, Head
from domain.project import require_unused
from domain.projections import fold

MAX_BATCH = 256
PATIENCE_S = 6.0
"""How long an append waits for a database that went away: a little more than the 5 s a restart may take."""
RETRY_EVERY_S = 0.2

_encode = msgspec.json.Encoder().encode


class _Waiting(msgspec.Struct):
    append: Append
    encoded: bytes
    answer: asyncio.Future[Appended]


class PostgresEventStore:
    """Appends through `append_events` (migrations/sql/0001_log.sql); read models are folded in the same transaction."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._drain: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._drain = asyncio.create_task(self._drain_for_ever(), name="event-store-group-commit")

    async def stop(self) -> None:
        """Finish what was accepted, then end."""
        if self._drain is not None:
            await self._waiting.join()
            self._drain.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._drain
            self._drain = None

    async def append(self, append: Append) -> Appended:
        """Append all or nothing. Raises Unavailable when the database is away; retry with the same event ids."""
        if self._drain is None:
            raise RuntimeError("the event store was not started")
        answer: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(_Waiting(append, encode_unit(append), answer))
        return await answer

    async def read_stream(self, stream_id: UUID, after_version: int = 0) -> list[RecordedEvent]:
        rows = await self._fetch(
            f"SELECT {EVENT_COLUMNS} FROM events WHERE stream_id = $1 AND version > $2 ORDER BY version",
            stream_id,
            after_version,
        )
        return [decode_record(row) for row in rows]

    async def read_log(self, after: int, limit: int, project_id: UUID | None = None) -> list[RecordedEvent]:
        if project_id is None:
            sql = f"SELECT {EVENT_COLUMNS} FROM events WHERE position > $1 ORDER BY position LIMIT $2"
            rows = await self._fetch(sql, after, limit)
        else:
            sql = (
                f"SELECT {EVENT_COLUMNS} FROM events WHERE project_id = $3 AND position > $1 ORDER BY position LIMIT $2"
            )
            rows = await self._fetch(sql, after, limit, project_id)
        return [decode_record(row) for row in rows]

    async def head(self) -> Head:
        rows = await self._fetch("SELECT epoch, position FROM log_head WHERE id = 1")
        return Head(rows[0]["epoch"], rows[0]["position"])

    async def _fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        return await self._pool.fetch(sql, *args)

    async def _drain_for_ever(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < MAX_BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await self._commit_with_retries(batch)
            except asyncio.CancelledError:
                for waiting in batch:
                    _refuse(waiting, Unavailable("The server is stopping; retry with the same key."))
                raise
            finally:
                for _ in batch:
                    self._waiting.task_done()

    async def _commit_with_retries(self, batch: Sequence[_Waiting]) -> None:
        clock = asyncio.get_running_loop().time
        deadline, tried = clock() + PATIENCE_S, False
        while True:
            try:
                answers = await self._commit(batch)
            except DATABASE_AWAY as lost:
                # A lost COMMIT is ambiguous; the same event ids on the next try tell the truth as `duplicate`.
                if tried and clock() > deadline:
                    for waiting in batch:
                        _refuse(waiting, Unavailable(f"The database is away ({lost}); retry with the same key."))
                    return
                tried = True
                await asyncio.sleep(RETRY_EVERY_S)
            except Exception as broken:
                # The server answered with an error, so nothing was stored: safe to find the culprit one by one.
                if len(batch) == 1:
                    _refuse(batch[0], broken)
                    return
                for waiting in batch:
                    await self._commit_with_retries([waiting])
                return
            else:
                for waiting, answer in zip(batch, answers, strict=True):
                    if not waiting.answer.done():
                        waiting.answer.set_result(answer)
                return

    async def _commit(self, batch: Sequence[_Waiting]) -> list[Appended]:
        async with self._pool.acquire(timeout=SOON_S) as connection:
            committing = asyncio.ensure_future(self._commit_over(connection, batch))
            try:
                done, _ = await asyncio.wait([committing], timeout=SOON_S)
                if not done:
                    # Half open. Not cancelled: asyncpg would ask the silent server to cancel, and wait for its answer.
                    connection.terminate()
                    await self._pool.expire_connections()
                return await committing
            finally:
                committing.cancel()

    @staticmethod
    async def _commit_over(connection: Connection, batch: Sequence[_Waiting]) -> list[Appended]:
        payload = b"[" + b",".join(waiting.encoded for waiting in batch) + b"]"
        async with connection.transaction():
            rows = await connection.fetch("SELECT * FROM append_events($1) ORDER BY unit", payload)
            written = [
                recorded
                for waiting, row in zip(batch, rows, strict=True)
                if row["status"] == "ok"
                for recorded in _recorded(waiting.append, row)
            ]
            await apply_changes(connection, [change for recorded in written for change in fold(recorded)])
            for recorded in written:
                event = recorded.event
                if isinstance(event, CategoryRemoved) and event.reassign_to is None:
                    # Under the head lock nothing can be drawn any more; since the decision it could.
                    require_unused(await annotations_in_use(connection, recorded.project_id, event.category_id))
        return [_answer(waiting.append, row) for waiting, row in zip(batch, rows, strict=True)]


def encode_unit(append: Append) -> bytes:
    """One unit of append_events' parameter; its shape is documented there."""
    return _encode(
        {
            "streams": [
                {
                    "stream_id": stream.stream_id,
                    "expected_version": stream.expected_version,
                    "events": [
                        {
                            "event_id": new.event_id,
                            "type": new.type,
                            "schema_version": SCHEMA_VERSIONS[new.type],
                            "data": msgspec.Raw(encode_event(new.event)),
                        }
                        for new in stream.events
                    ],
                }
                for stream in append.streams
            ],
            "guards": append.guards,
            "project_id": append.project_id,
            "actor_id": append.actor_id,
            "command_id": append.command_id,
            "causation_id": append.causation_id,
            "correlation_id": append.correlation_id,
            "meta": append.meta,
        }
    )


def recorded_events(
    append: Append, first_position: int, base_versions: Sequence[int], recorded_at: datetime
) -> list[RecordedEvent]:
    """The appended events with the numbers that the log gave them."""
    position = first_position
    recorded: list[RecordedEvent] = []
    for stream, base in zip(append.streams, base_versions, strict=True):
        for offset, new in enumerate(stream.events, start=1):
            recorded.append(
                RecordedEvent(
                    position=position,
                    stream_id=stream.stream_id,
                    version=base + offset,
                    event_id=new.event_id,
                    project_id=append.project_id,
                    actor_id=append.actor_id,
                    recorded_at=recorded_at,
                    event=new.event,
                    command_id=append.command_id,
                    causation_id=append.causation_id,
                    correlation_id=append.correlation_id,
                    meta=append.meta,
                )
            )
            position += 1
    return recorded


def _recorded(append: Append, row: asyncpg.Record) -> list[RecordedEvent]:
    return recorded_events(append, row["first_position"], row["base_versions"], row["recorded_at"])


def _answer(append: Append, row: asyncpg.Record) -> Appended:
    if row["status"] == "conflict":
        return Appended("conflict", 0, row["stream_id"], row["version"])
    count = sum(len(stream.events) for stream in append.streams)
    first = append.streams[0]
    if row["status"] == "duplicate":
        version = row["version"] + len(first.events) - 1
    else:
        version = row["base_versions"][0] + len(first.events)
    return Appended(row["status"], row["first_position"] + count - 1, first.stream_id, version)


def _refuse(waiting: _Waiting, error: Exception) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(error)
