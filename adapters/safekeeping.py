"""Who stores pictures and who erases them take turns, for each picture: advisory locks that a session holds.

Without them the bytes of a picture that is sent again go with the erasure of the one that was here before, and what is
made from a picture comes to lie in the store after its erasure.
"""

import hashlib
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from adapters.database import Connection

# An erasure holds its lock while it deletes, an export while its file is stored: longer than any lock of the log.
_PATIENT = "SET LOCAL lock_timeout = '20s'; SET LOCAL transaction_timeout = 0"


def exports_of(project_id: UUID) -> str:
    """The name under which the files of a project's exports are kept."""
    return f"exports {project_id}"


@asynccontextmanager
async def kept_from_erasure(pool: asyncpg.Pool, names: Iterable[str]) -> AsyncGenerator[Connection]:
    """While open nobody erases what has these names: pictures by their SHA-256, or `exports_of`.

    Gives the connection that holds them. Raises asyncpg.LockNotAvailableError after 20 s.
    """
    async with pool.acquire() as connection:
        # Everybody takes them in one order, so that nobody waits in a circle.
        keys = sorted({_key(name) for name in names})
        async with connection.transaction():
            await connection.execute(_PATIENT)
            await connection.fetch("SELECT pg_advisory_lock_shared(key) FROM unnest($1::bigint[]) AS key", keys)
        try:
            yield connection
        finally:
            await connection.fetch("SELECT pg_advisory_unlock_shared(key) FROM unnest($1::bigint[]) AS key", keys)


@asynccontextmanager
async def erasing(pool: asyncpg.Pool, name: str) -> AsyncGenerator[Connection]:
    """Once nobody keeps it any more; while open nobody can. Raises as `kept_from_erasure`."""
    async with pool.acquire() as connection:
        key = _key(name)
        async with connection.transaction():
            await connection.execute(_PATIENT)
            await connection.execute("SELECT pg_advisory_lock($1)", key)
        try:
            yield connection
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", key)


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
