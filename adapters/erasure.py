"""Erases a picture for good: bytes, smaller versions, vectors, proposals, and every word about it in the log.

The history keeps its numbering; names, hashes and free text in the stream are emptied (event-log.md 1.10), and so are
the words of jobs that name the picture. Every step can be repeated, so a call that was cut off is finished by the
next one.
"""

from uuid import UUID

import asyncpg
import msgspec

from adapters.blobs import derivative_name, export_name, original_name
from adapters.codec import EVENT_COLUMNS, decode_record
from adapters.database import Connection
from adapters.kept_answers import forget_about
from adapters.pictures import DERIVATIVE_SIZES
from adapters.read_model import REBUILT_TABLES, apply_changes
from adapters.safekeeping import erasing, exports_of
from domain.ports import BlobStore
from domain.projections import fold

EMPTIED_FIELDS = ("file_name", "digest", "reason", "text", "origin")

SIDE_TABLES = ("predictions", "image_predictions", "embeddings")

# What jobs say of single pictures: an import's report, and the last words of whatever failed.
_TOLD = """
SELECT stream_id, position FROM events
WHERE stream_id IN (SELECT job_id FROM jobs WHERE project_id = $1 UNION ALL
    SELECT run_id FROM training_runs WHERE project_id = $1 UNION ALL
    SELECT export_id FROM exports WHERE project_id = $1)
AND EXISTS (SELECT FROM unnest($2::text[]) word WHERE strpos(data::text, word) > 0)
"""

_HUSHED = """
UPDATE events SET meta = meta || '{"redacted": true}', data = data
    || CASE WHEN data ? 'error' THEN '{"error": "erased"}'::jsonb ELSE '{}' END
    || CASE WHEN data ? 'tail' THEN '{"tail": ""}'::jsonb ELSE '{}' END
    || CASE WHEN data ? 'reason' THEN '{"reason": "erased"}'::jsonb ELSE '{}' END
    || CASE WHEN data #> '{result,problems}' IS NOT NULL THEN jsonb_build_object('result', data -> 'result'
        || jsonb_build_object('problems', (SELECT coalesce(jsonb_agg(p), '[]') FROM
            jsonb_array_elements(data #> '{result,problems}') p
            WHERE NOT EXISTS (SELECT FROM unnest($2::text[]) word WHERE strpos(p::text, word) > 0)))) ELSE '{}' END
WHERE position = ANY($1::bigint[])
"""


async def erase_traces(
    pool: asyncpg.Pool, blobs: BlobStore, project_id: UUID, image_id: UUID, digest: str, file_name: str
) -> None:
    """After `image.erased` was appended: empty what the log says of it, drop derived rows, delete the bytes.

    Bytes that another image (of any project) still shows stay. Exports of the project that may hold the picture go.
    `digest` and `file_name` are as it was registered; empty once that is erased.
    """
    words = [_as_in_json(word) for word in (digest, file_name) if word]
    if words:
        await _hush_jobs(pool, project_id, words)
    for table in SIDE_TABLES:
        await pool.execute(f"DELETE FROM {table} WHERE image_id = $1", image_id)
    await pool.execute("DELETE FROM searches WHERE project_id = $1", project_id)
    await forget_about(pool, image_id)
    await _delete_exports(pool, blobs, project_id)
    if digest:
        await _delete_bytes(pool, blobs, digest)
    # Last: a call that is repeated after a crash finds in the stream what it has to look for.
    await _empty_stream(pool, image_id)


async def registered_as(pool: asyncpg.Pool, image_id: UUID) -> tuple[str, str]:
    """The picture's SHA-256 and file name from its registration; empty once the stream was emptied."""
    row = await pool.fetchrow(
        "SELECT data ->> 'digest' AS digest, data ->> 'file_name' AS file_name FROM events "
        "WHERE stream_id = $1 AND type = 'image.registered'",
        image_id,
    )
    return (row["digest"], row["file_name"]) if row else ("", "")


def _as_in_json(word: str) -> str:
    return msgspec.json.encode(word).decode()[1:-1]


async def _hush_jobs(pool: asyncpg.Pool, project_id: UUID, words: list[str]) -> None:
    async with pool.acquire() as connection, connection.transaction():
        told = await connection.fetch(_TOLD, project_id, words)
        if told:
            # Nobody appends to these streams while their rows are folded again.
            await connection.execute("SELECT position FROM log_head WHERE id = 1 FOR UPDATE")
            await connection.execute("SET LOCAL autoannotate.erasure = 'on'")
            await connection.execute(_HUSHED, [row["position"] for row in told], words)
            await _fold_again(connection, list({row["stream_id"] for row in told}))
        await connection.execute(
            "DELETE FROM job_progress WHERE job_id IN (SELECT job_id FROM jobs WHERE project_id = $1) "
            "AND EXISTS (SELECT FROM unnest($2::text[]) word WHERE strpos(message || log_tail, word) > 0)",
            project_id,
            words,
        )


async def _fold_again(connection: Connection, stream_ids: list[UUID]) -> None:
    """Bring the rows of these streams to what their events say now."""
    rows = await connection.fetch(
        f"SELECT {EVENT_COLUMNS} FROM events WHERE stream_id = ANY($1::uuid[]) ORDER BY position", stream_ids
    )
    changes = [change for row in rows for change in fold(decode_record(row))]
    await apply_changes(connection, [change for change in changes if change.table in REBUILT_TABLES])


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


async def _delete_bytes(pool: asyncpg.Pool, blobs: BlobStore, digest: str) -> None:
    async with erasing(pool, digest) as connection:
        if await connection.fetchval("SELECT true FROM images WHERE digest = $1 AND NOT erased LIMIT 1", digest):
            return
        await blobs.delete(original_name(digest))
        for kind, sizes in DERIVATIVE_SIZES.items():
            for size in sizes:
                await blobs.delete(derivative_name(digest, kind, size))


async def _delete_exports(pool: asyncpg.Pool, blobs: BlobStore, project_id: UUID) -> None:
    async with erasing(pool, exports_of(project_id)) as connection:
        for row in await connection.fetch("SELECT export_id, blob FROM exports WHERE project_id = $1", project_id):
            # A worker that died between storing and telling has left its file under this name.
            await blobs.delete(row["blob"] or export_name(row["export_id"]))
