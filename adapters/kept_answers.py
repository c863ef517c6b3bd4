"""First answers to requests that came with an Idempotency-Key, kept for a week."""

from collections.abc import Collection
from uuid import UUID

import asyncpg

KEPT_DAYS = 7


async def claim(pool: asyncpg.Pool, command_id: UUID, request_hash: bytes) -> tuple[bytes, bytes | None]:
    """(hash of the first request under this key, its answer once there is one)."""
    row = await pool.fetchrow(
        "INSERT INTO commands AS c (command_id, request_hash) VALUES ($1, $2) "
        "ON CONFLICT (command_id) DO UPDATE SET request_hash = c.request_hash RETURNING request_hash, response",
        command_id,
        request_hash,
    )
    return row["request_hash"], row["response"]


async def keep(pool: asyncpg.Pool, command_id: UUID, answer: bytes, about: Collection[UUID]) -> None:
    """`about` has the images that the answer tells of; other ids among them do no harm."""
    await pool.execute(
        "UPDATE commands SET response = $2, about = $3 WHERE command_id = $1", command_id, answer, list(about)
    )


async def forget_old(pool: asyncpg.Pool) -> None:
    await pool.execute("DELETE FROM commands WHERE created_at < now() - make_interval(days => $1)", KEPT_DAYS)


async def forget_about(pool: asyncpg.Pool, image_id: UUID) -> None:
    """An answer may hold an image's name and shapes: they go when it is erased."""
    await pool.execute("DELETE FROM commands WHERE about @> ARRAY[$1::uuid]", image_id)
