"""Reads of exports."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

EXPORT_COLUMNS = (
    "export_id, project_id, job_id, format, as_of_position, settings, state, blob, size, sha256, images, annotations, "
    "error, created_at"
)


async def fetch_export(pool: asyncpg.Pool, export_id: UUID) -> asyncpg.Record | None:
    return await pool.fetchrow(f"SELECT {EXPORT_COLUMNS} FROM exports WHERE export_id = $1", export_id)


async def fetch_exports(
    pool: asyncpg.Pool, project_id: UUID, *, after: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """Newest first."""
    return await pool.fetch(
        f"SELECT {EXPORT_COLUMNS} FROM exports WHERE project_id = $1 AND ($2::uuid IS NULL OR export_id < $2) "
        "ORDER BY export_id DESC LIMIT $3",
        project_id,
        after,
        limit,
    )


async def anything_in(pool: asyncpg.Pool, project_id: UUID, states: Sequence[str]) -> bool:
    """Whether an image is in one of these review states now."""
    return await pool.fetchval(
        "SELECT EXISTS (SELECT FROM images WHERE project_id = $1 AND NOT trashed AND state = ANY($2::text[]))",
        project_id,
        list(states),
    )


async def count_in(pool: asyncpg.Pool, project_id: UUID, states: Sequence[str]) -> tuple[int, int]:
    """(images, annotations on them) in these review states now."""
    row = await pool.fetchrow(
        "SELECT count(*) AS images, coalesce(sum(annotation_count), 0)::bigint AS annotations FROM images "
        "WHERE project_id = $1 AND NOT trashed AND state = ANY($2::text[])",
        project_id,
        list(states),
    )
    return row["images"], row["annotations"]
