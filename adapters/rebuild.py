"""Rebuilds the read models from the log beside the live ones, proves them equal by hash, and swaps them in.

Most of the log is folded while others append; only what came meanwhile is folded in the last, short step under the
head lock.
"""

import asyncpg
import msgspec

from adapters.codec import EVENT_COLUMNS, decode_record
from adapters.database import connected
from adapters.read_model import PRIMARY_KEYS, REBUILT_TABLES, apply_changes
from domain.projections import fold
from domain.projections.changes import Change, Table

SHADOW = "rebuilt"


class TableProof(msgspec.Struct, frozen=True):
    rows: int
    live_sha256: str
    rebuilt_sha256: str

    @property
    def equal(self) -> bool:
        return self.live_sha256 == self.rebuilt_sha256


class RebuildReport(msgspec.Struct, frozen=True):
    position: int
    tables: dict[str, TableProof]
    swapped: bool

    @property
    def equal(self) -> bool:
        return all(proof.equal for proof in self.tables.values())


async def rebuild(
    database_url: str, *, batch_size: int = 1_000, swap: bool = True, stop_after: int | None = None
) -> RebuildReport:
    """Fold the whole log into shadow tables and compare them with the live ones at one position.

    With `swap` the rebuilt tables take the place of the live ones, equal or not: the log is the truth. `stop_after`
    ends the fold at that position, as a crash would (nothing of an unfinished rebuild is ever seen). An unknown event
    type raises UnknownEventType: nothing is skipped.
    """
    async with connected(database_url) as connection:
        await connection.execute(f"DROP SCHEMA IF EXISTS {SHADOW} CASCADE")
        await connection.execute(f"CREATE SCHEMA {SHADOW}")
        try:
            for table in REBUILT_TABLES:
                await connection.execute(f"CREATE TABLE {SHADOW}.{table} (LIKE public.{table} INCLUDING ALL)")
            position = await _fold_up_to_the_end(connection, 0, batch_size, stop_after)
            if stop_after is not None:
                return RebuildReport(position, {}, swapped=False)
            return await _finish(connection, position, batch_size, swap=swap)
        finally:
            await connection.execute(f"DROP SCHEMA IF EXISTS {SHADOW} CASCADE")


async def _fold_up_to_the_end(
    connection: asyncpg.Connection, position: int, batch_size: int, stop_after: int | None = None
) -> int:
    while True:
        rows = await connection.fetch(
            f"SELECT {EVENT_COLUMNS} FROM events WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3",
            position,
            stop_after if stop_after is not None else 2**62,
            batch_size,
        )
        if not rows:
            return position
        changes: list[Change] = [change for row in rows for change in fold(decode_record(row))]
        rebuilt = [change for change in changes if change.table in REBUILT_TABLES]
        async with connection.transaction():
            await apply_changes(connection, rebuilt, SHADOW)
        position = rows[-1]["position"]


async def _finish(connection: asyncpg.Connection, position: int, batch_size: int, *, swap: bool) -> RebuildReport:
    async with connection.transaction():
        # Nobody appends between the comparison and the swap.
        await connection.execute("SELECT position FROM log_head WHERE id = 1 FOR UPDATE")
        position = await _fold_up_to_the_end(connection, position, batch_size)
        tables = {
            table: TableProof(
                await connection.fetchval(f"SELECT count(*) FROM {SHADOW}.{table}") or 0,
                await table_hash(connection, "public", table),
                await table_hash(connection, SHADOW, table),
            )
            for table in REBUILT_TABLES
        }
        if swap:
            for table in REBUILT_TABLES:
                await connection.execute(f"DROP TABLE public.{table}")
                await connection.execute(f"ALTER TABLE {SHADOW}.{table} SET SCHEMA public")
    return RebuildReport(position, tables, swapped=swap)


async def table_hash(connection: asyncpg.Connection, schema: str, table: Table) -> str:
    """SHA-256 over the SHA-256 of each row's text in key order: any differing byte of any row shows."""
    key = PRIMARY_KEYS[table]
    digest = await connection.fetchval(
        "SELECT encode(sha256(coalesce(string_agg(sha256(convert_to(t::text, 'UTF8')), ''::bytea "
        f"ORDER BY t.{key}), ''::bytea)), 'hex') FROM {schema}.{table} t"
    )
    return str(digest)
