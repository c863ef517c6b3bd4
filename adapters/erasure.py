"""Erases a picture for good: bytes, smaller versions, vectors, proposals, and every word about it in the log.

The history keeps its numbering; names, hashes and free text in the stream are emptied (event-log.md 1.10). Every
step can be repeated, so a call that was cut off is finished by the next one.
"""

from uuid import UUID

import asyncpg

from adapters import kept_answers
from adapters.blobs import derivative_name, original_name
from adapters.pictures import DERIVATIVE_SIZES
from domain.ports import BlobStore

EMPTIED_FIELDS = ("file_name", "digest", "reason", "text", "origin")

SIDE_TABLES = ("predictions", "image_predictions", "embeddings")


async def erase_traces(pool: asyncpg.Pool, blobs: BlobStore, project_id: UUID, image_id: UUID, digest: str) -> None:
    """After `image.erased` was appended: empty the stream's text, drop derived rows, delete the bytes.

    Bytes that another image (of any project) still shows stay. Exports of the project that may hold the picture go.
    """
    await _empty_stream(pool, image_id)
    for table in SIDE_TABLES:
        await pool.execute(f"DELETE FROM {table} WHERE image_id = $1", image_id)
    await pool.execute("DELETE FROM searches WHERE project_id = $1", project_id)
    await kept_answers.forget_about(pool, image_id)
    await _delete_exports(pool, blobs, project_id)
    if digest and not await pool.fetchval("SELECT true FROM images WHERE digest = $1 AND NOT erased LIMIT 1", digest):
        await blobs.delete(original_name(digest))
        for kind, sizes in DERIVATIVE_SIZES.items():
            for size in sizes:
                await blobs.delete(derivative_name(digest, kind, size))


async def registered_digest(pool: asyncpg.Pool, image_id: UUID) -> str:
    """The picture's SHA-256 from its registration; empty once the stream was emptied."""
    digest = await pool.fetchval(
        "SELECT data ->> 'digest' FROM events WHERE stream_id = $1 AND type = 'image.registered'", image_id
    )
    return str(digest or "")


async def _empty_stream(pool: asyncpg.Pool, image_id: UUID) -> None:
    async with pool.acquire() as connection, connection.transaction():
        # The append-only trigger lets exactly this transaction through (migrations/sql/0001_log.sql).
        await connection.execute("SET LOCAL autoannotate.erasure = 'on'")
        for field in EMPTIED_FIELDS:
            await connection.execute(
                "UPDATE events SET data = jsonb_set(data, ARRAY[$2], '\"\"'), meta = meta || '{\"redacted\": true}' "
                "WHERE stream_id = $1 AND data ? $2 AND data ->> $2 <> ''",
                image_id,
                field,
            )


async def _delete_exports(pool: asyncpg.Pool, blobs: BlobStore, project_id: UUID) -> None:
    rows = await pool.fetch("SELECT blob FROM exports WHERE project_id = $1 AND blob IS NOT NULL", project_id)
    for row in rows:
        await blobs.delete(row["blob"])
