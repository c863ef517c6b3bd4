"""Two logs under one harness: the platform's, and a naive twin that numbers by `bigserial` and is known to be wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol
from uuid import UUID

import asyncpg

from adapters.clock import new_id
from adapters.event_store import encode_unit
from domain.events import NewEvent, ProjectRenamed
from domain.ids import LOCAL_ACTOR
from domain.ports import Append, StreamAppend


class Log(Protocol):
    takes_turns: bool
    """Whether an append waits until the transaction of the one before it has ended."""

    async def append(self, connection: asyncpg.Connection, stream_id: UUID, expected: int | None) -> int | None:
        """Append one event inside the caller's transaction; its position, or None where `expected` was not met."""
        ...

    async def read_after(self, connection: asyncpg.Connection, cursor: int) -> list[int]:
        """The committed positions after `cursor`, as a tailing reader asks for them."""
        ...


class HeadLockedLog:
    takes_turns = True

    async def append(self, connection: asyncpg.Connection, stream_id: UUID, expected: int | None) -> int | None:
        events = [NewEvent(new_id(), ProjectRenamed("again", ""))]
        unit = encode_unit(Append([StreamAppend(stream_id, expected, events)], stream_id, LOCAL_ACTOR))
        row = await connection.fetchrow("SELECT * FROM append_events($1)", b"[" + unit + b"]")
        assert row is not None
        return row["first_position"] if row["status"] == "ok" else None

    async def read_after(self, connection: asyncpg.Connection, cursor: int) -> list[int]:
        rows = await connection.fetch("SELECT position FROM events WHERE position > $1 ORDER BY position", cursor)
        return [row["position"] for row in rows]


class NaiveLog:
    """What most home-made event stores do: the sequence numbers at INSERT, the world sees it at COMMIT."""

    takes_turns = False

    async def append(self, connection: asyncpg.Connection, stream_id: UUID, expected: int | None) -> int | None:
        return await connection.fetchval(
            "INSERT INTO naive.events (stream_id) VALUES ($1) RETURNING position", stream_id
        )

    async def read_after(self, connection: asyncpg.Connection, cursor: int) -> list[int]:
        rows = await connection.fetch("SELECT position FROM naive.events WHERE position > $1 ORDER BY position", cursor)
        return [row["position"] for row in rows]


@asynccontextmanager
async def naive_log(connection: asyncpg.Connection) -> AsyncIterator[NaiveLog]:
    await connection.execute("DROP SCHEMA IF EXISTS naive CASCADE; CREATE SCHEMA naive")
    await connection.execute("CREATE TABLE naive.events (position bigserial PRIMARY KEY, stream_id uuid NOT NULL)")
    try:
        yield NaiveLog()
    finally:
        await connection.execute("DROP SCHEMA naive CASCADE")
