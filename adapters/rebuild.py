"""Rebuilds the read models from the log beside the live ones, proves them equal by hash, and swaps them in.

The log is folded and compared while others append; only what came meanwhile is folded in the last, short step under
the head lock. While the database writes one batch the next one is read and decoded, and the live tables are hashed
meanwhile: two cores have enough to do.
"""

import asyncio
import gc
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import msgspec

from adapters.codec import EVENT_COLUMNS, decode_record
from adapters.database import connected
from adapters.read_model import PRIMARY_KEYS, REBUILT_TABLES, apply_changes
from adapters.shadow import SHADOW, add_indexes, bare_tables, swap_in
from domain.projections import fold
from domain.projections.changes import Change, Table

REBUILD_LOCK = 0x7265_6275
"""Key of the advisory lock that lets one rebuild at a time have the shadow tables."""
LOCK_TRIES, LOCK_DELAY_S = 20, 0.25
SWAP_TRIES, SWAP_DELAY_S = 60, 0.5
ALLOCATIONS_BETWEEN_COLLECTIONS = 500_000
DECODED_AT_ONCE = 250
"""Events between two looks at what the database has finished."""


class RebuildError(RuntimeError):
    """The rebuild could not have its turn; the live tables are as they were."""


class TableProof(msgspec.Struct, frozen=True):
    rows: int
    live_sha256: str
    rebuilt_sha256: str

    @property
    def equal(self) -> bool:
        return self.live_sha256 == self.rebuilt_sha256


class RebuildReport(msgspec.Struct, frozen=True):
    position: int
    """At which both were compared; a swap has folded what came after it too."""
    tables: dict[str, TableProof]
    swapped: bool

    @property
    def equal(self) -> bool:
        return all(proof.equal for proof in self.tables.values())


async def rebuild(database_url: str, *, batch_size: int = 1_000, swap: bool = True) -> RebuildReport:
    """Fold the whole log into shadow tables and compare them with the live ones at one position.

    With `swap` the rebuilt tables take the place of the live ones, equal or not: the log is the truth. A rebuild that
    dies leaves the live tables as they were; the next one starts over. An unknown event type raises UnknownEventType:
    nothing is skipped. Raises RebuildError when another rebuild runs, or when a long read never let go of a table.
    """
    async with (
        _maintenance(database_url) as connection,
        _alone(connection),
        _maintenance(database_url) as reader,
        _maintenance(database_url) as live,
        _seldom_collecting(),
    ):
        await bare_tables(connection)
        try:
            async with live.transaction(isolation="repeatable_read", readonly=True):
                compared = await live.fetchval("SELECT position FROM log_head WHERE id = 1")
                hashing = asyncio.create_task(_hashes(live, "public"))
                try:
                    position = await _fold(reader, connection, 0, batch_size, compared)
                finally:
                    live_hashes = await hashing
            _, rebuilt_hashes = await asyncio.gather(add_indexes(connection), _hashes(reader, SHADOW))
            tables = {
                table: TableProof(
                    await connection.fetchval(f"SELECT count(*) FROM {SHADOW}.{table}") or 0,
                    live_hashes[table],
                    rebuilt_hashes[table],
                )
                for table in REBUILT_TABLES
            }
            if swap:
                await _swap(reader, connection, position, batch_size)
        finally:
            await connection.execute(f"DROP SCHEMA IF EXISTS {SHADOW} CASCADE")
    return RebuildReport(compared, tables, swapped=swap)


@asynccontextmanager
async def _maintenance(database_url: str) -> AsyncGenerator[asyncpg.Connection, None]:
    async with connected(database_url) as connection:
        # A rebuild that was killed must not hold its locks until the end of the statement that nobody waits for.
        await connection.execute("SET client_connection_check_interval = '1s'")
        yield connection


@asynccontextmanager
async def _alone(connection: asyncpg.Connection) -> AsyncGenerator[None, None]:
    for _ in range(LOCK_TRIES):
        if await connection.fetchval("SELECT pg_try_advisory_lock($1)", REBUILD_LOCK):
            break
        await asyncio.sleep(LOCK_DELAY_S)
    else:
        raise RebuildError("another rebuild is running")
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", REBUILD_LOCK)


@asynccontextmanager
async def _seldom_collecting() -> AsyncGenerator[None, None]:
    """Batches of rows have no cycles: looking for some in them took a quarter of the fold's time."""
    thresholds = gc.get_threshold()
    gc.set_threshold(ALLOCATIONS_BETWEEN_COLLECTIONS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


async def _fold(
    reader: asyncpg.Connection, writer: asyncpg.Connection, position: int, batch_size: int, upto: int = 2**62
) -> int:
    """Fold from after `position` up to `upto` or the log's end; where it came to."""
    writing: asyncio.Task[None] | None = None
    try:
        while position < upto:
            rows = await reader.fetch(
                f"SELECT {EVENT_COLUMNS} FROM events WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3",
                position,
                upto,
                batch_size,
            )
            if not rows:
                break
            changes = await _changes(rows)
            if writing:
                await writing
            writing = asyncio.create_task(_write(writer, changes))
            position = rows[-1]["position"]
    finally:
        if writing:
            await writing
    return position


async def _changes(rows: Sequence[asyncpg.Record]) -> list[Change]:
    changes: list[Change] = []
    for start in range(0, len(rows), DECODED_AT_ONCE):
        for row in rows[start : start + DECODED_AT_ONCE]:
            changes += [change for change in fold(decode_record(row)) if change.table in REBUILT_TABLES]
        await asyncio.sleep(0)
    return changes


async def _write(writer: asyncpg.Connection, changes: Sequence[Change]) -> None:
    async with writer.transaction():
        await apply_changes(writer, changes, SHADOW)


async def _hashes(connection: asyncpg.Connection, schema: str) -> dict[Table, str]:
    return {table: await table_hash(connection, schema, table) for table in REBUILT_TABLES}


async def _swap(reader: asyncpg.Connection, connection: asyncpg.Connection, position: int, batch_size: int) -> None:
    for _ in range(SWAP_TRIES):
        position = await _fold(reader, connection, position, batch_size)
        try:
            async with connection.transaction():
                # Nobody appends between the last event that is folded and the swap.
                await connection.execute("SELECT position FROM log_head WHERE id = 1 FOR UPDATE")
                await _fold(reader, connection, position, batch_size)
                await swap_in(connection)
        except asyncpg.QueryCanceledError:
            await asyncio.sleep(SWAP_DELAY_S)
        else:
            return
    raise RebuildError("a long read (an export, a backup) holds a table all the time; try again when it has ended")


async def table_hash(connection: asyncpg.Connection, schema: str, table: Table) -> str:
    """SHA-256 over the SHA-256 of each row's text in key order: any differing byte of any row shows."""
    key = PRIMARY_KEYS[table]
    digest = await connection.fetchval(
        "SELECT encode(sha256(coalesce(string_agg(sha256(convert_to(t::text, 'UTF8')), ''::bytea "
        f"ORDER BY t.{key}), ''::bytea)), 'hex') FROM {schema}.{table} t"
    )
    return str(digest)
