"""Connections to PostgreSQL: one asyncpg pool per process, with codecs that hand JSON over as bytes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID, SafeUUID

import asyncpg

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

CONNECTION_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What the next query on a connection gets whose server said goodbye while nothing was asked.
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
BUSY = (
    asyncpg.LockNotAvailableError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.DeadlockDetectedError,
    # We were frozen in the middle of a transaction, and the server did not wait for us.
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
)
"""The server answers that it cannot now: starting, stopping, crowded, its disk full. Nothing was stored."""
DATABASE_AWAY = (*CONNECTION_LOST, *BUSY)

SESSION_LIMITS = {
    # A frozen process must not hold the log's head lock for everybody (architecture.md section 3).
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "5s",
    "transaction_timeout": "10s",
    "jit": "off",
    "application_name": "autoannotate",
}

_UNKNOWN_SAFETY = SafeUUID.unknown

CONNECT_WITHIN_S = 5.0
ANSWER_WITHIN_S = 30.0
"""A server that is silent for so long is not there, though the network says otherwise: the connection is half open.
Reads of a whole log take their time; what a person waits for gives up sooner."""
SOON_S = 6.0


def sqlalchemy_url(database_url: str) -> str:
    """The same database for SQLAlchemy's asyncpg dialect (alembic)."""
    _, separator, rest = database_url.partition("://")
    return f"postgresql+asyncpg{separator}{rest}"


async def prepare_connection(connection: asyncpg.Connection) -> None:
    # jsonb travels as bytes that msgspec has written or will read; the leading 1 is jsonb's binary version.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda encoded: b"\x01" + encoded,
        decoder=lambda wire: wire[1:],
    )
    # asyncpg's own UUID is a subclass that msgspec refuses.
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", format="binary", encoder=lambda u: u.bytes, decoder=_uuid
    )


def _uuid(wire: bytes) -> UUID:
    """UUID(bytes=wire) without the checks of its constructor, which cost a third of reading the log."""
    made = object.__new__(UUID)
    object.__setattr__(made, "int", int.from_bytes(wire))
    object.__setattr__(made, "is_safe", _UNKNOWN_SAFETY)
    return made


async def open_pool(
    database_url: str,
    size: int = 10,
    *,
    limits: bool = True,
    durable: bool = True,
    answer_within_s: float = ANSWER_WITHIN_S,
) -> asyncpg.Pool:
    """A pool whose sessions obey SESSION_LIMITS unless `limits` is off (rebuild, backup: long by nature).

    Not `durable`: a commit returns before it is on the disk, for rows whose loss harms nobody.
    """
    settings = SESSION_LIMITS if limits else {"jit": "off", "application_name": "autoannotate"}
    if not durable:
        settings = {**settings, "synchronous_commit": "off"}
    return await asyncpg.create_pool(
        database_url,
        min_size=1,
        max_size=size,
        init=prepare_connection,
        server_settings=settings,
        timeout=CONNECT_WITHIN_S,
        command_timeout=answer_within_s if limits else None,
    )


@asynccontextmanager
async def connected(database_url: str) -> AsyncGenerator[asyncpg.Connection, None]:
    """A connection of its own, outside any pool: LISTEN, locks that last, maintenance."""
    connection = await asyncpg.connect(
        database_url, server_settings={"application_name": "autoannotate"}, timeout=CONNECT_WITHIN_S
    )
    try:
        await prepare_connection(connection)
        yield connection
    finally:
        await connection.close(timeout=2)
