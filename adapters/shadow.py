"""Tables beside the live read models, alike to the names of their indexes, that can take their place."""

import asyncpg

from adapters.read_model import REBUILT_TABLES

SHADOW = "rebuilt"

# Shorter than deadlock_timeout: where a reader holds one table and waits for another, it is we who give way.
SWAP_PATIENCE_MS = 500

_INDEXES = (
    "SELECT x.relname AS name, i.indisprimary AS primary, pg_get_indexdef(i.indexrelid) AS definition "
    "FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = $1::regclass ORDER BY x.relname"
)


async def bare_tables(connection: asyncpg.Connection) -> None:
    """Empty shadow tables with their primary keys; what an earlier rebuild left is gone."""
    await connection.execute(f"DROP SCHEMA IF EXISTS {SHADOW} CASCADE")
    await connection.execute(f"CREATE SCHEMA {SHADOW}")
    for table in REBUILT_TABLES:
        await connection.execute(f"CREATE TABLE {SHADOW}.{table} (LIKE public.{table} INCLUDING ALL EXCLUDING INDEXES)")
        storage = await connection.fetchval("SELECT reloptions FROM pg_class WHERE oid = $1::regclass", table)
        if storage:
            await connection.execute(f"ALTER TABLE {SHADOW}.{table} SET ({', '.join(storage)})")
        for name, primary, definition in await connection.fetch(_INDEXES, table):
            if primary:
                await connection.execute(_moved(definition, table))
                await connection.execute(f"ALTER TABLE {SHADOW}.{table} ADD PRIMARY KEY USING INDEX {name}")


async def add_indexes(connection: asyncpg.Connection) -> None:
    """The other indexes, cheaper built over full tables than kept while these fill; and what the planner must know."""
    for table in REBUILT_TABLES:
        for _, primary, definition in await connection.fetch(_INDEXES, table):
            if not primary:
                await connection.execute(_moved(definition, table))
        await connection.execute(f"ANALYZE {SHADOW}.{table}")


async def swap_in(connection: asyncpg.Connection) -> None:
    """In the caller's transaction. Raises asyncpg.QueryCanceledError when readers do not let go of a table."""
    tables = ", ".join(f"public.{table}" for table in REBUILT_TABLES)
    await connection.execute(f"SET LOCAL statement_timeout = {SWAP_PATIENCE_MS}")
    await connection.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
    await connection.execute("SET LOCAL statement_timeout = 0")
    for table in REBUILT_TABLES:
        await connection.execute(f"DROP TABLE public.{table}")
        await connection.execute(f"ALTER TABLE {SHADOW}.{table} SET SCHEMA public")


def _moved(definition: str, table: str) -> str:
    """An index's definition for the shadow of its table. Its name is free there: names are unique per schema."""
    return definition.replace(f" ON public.{table} ", f" ON {SHADOW}.{table} ", 1)
