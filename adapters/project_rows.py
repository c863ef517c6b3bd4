"""Reads of projects and categories."""

from typing import Any
from uuid import UUID

import asyncpg

from adapters.database import Connection

PROJECT_COLUMNS = (
    "p.project_id, p.name, p.description, p.task, p.settings, p.trashed, p.promoted_run_id, p.version, p.created_at, "
    "p.updated_at, (SELECT recorded_at FROM events e WHERE e.project_id = p.project_id "
    "ORDER BY e.position DESC LIMIT 1) AS last_activity_at"
)

COUNTS = (
    "(SELECT jsonb_object_agg(state, n) FROM (SELECT state, count(*) AS n FROM images i "
    "WHERE i.project_id = p.project_id AND NOT i.trashed GROUP BY state) s) AS states"
)

# Follows merged and removed categories to the one that they count as today.
RESOLVED = """
WITH RECURSIVE chain(category_id, into_id, removed, root) AS (
    SELECT category_id, into_id, removed, category_id FROM categories WHERE project_id = $1
    UNION ALL
    SELECT c.category_id, c.into_id, c.removed, chain.root FROM chain JOIN categories c ON c.category_id = chain.into_id
)
SELECT root AS category_id, category_id AS resolved_id FROM chain WHERE into_id IS NULL AND NOT removed
"""


async def fetch_project(pool: asyncpg.Pool, project_id: UUID) -> asyncpg.Record | None:
    return await pool.fetchrow(f"SELECT {PROJECT_COLUMNS}, {COUNTS} FROM projects p WHERE project_id = $1", project_id)


async def fetch_projects(pool: asyncpg.Pool, *, trashed: bool, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Newest first."""
    return await pool.fetch(
        f"SELECT {PROJECT_COLUMNS}, {COUNTS}, (SELECT array_agg(image_id) FROM (SELECT image_id FROM images i "
        "WHERE i.project_id = p.project_id AND NOT i.trashed ORDER BY position LIMIT 6) strip) AS strip "
        "FROM projects p WHERE p.trashed = $1 AND ($2::uuid IS NULL OR p.project_id < $2) "
        "ORDER BY p.project_id DESC LIMIT $3",
        trashed,
        after,
        limit,
    )


async def fetch_categories(pool: asyncpg.Pool, project_id: UUID) -> list[dict[str, Any]]:
    """Every category in its stable order, the merged and removed ones too, each with `count` of what counts as it."""
    rows = await pool.fetch(
        f"SELECT c.*, coalesce(n.count, 0) AS count FROM categories c LEFT JOIN ("
        f"SELECT r.resolved_id, sum(raw.count)::bigint AS count FROM ({RESOLVED}) r JOIN ("
        "SELECT a.category_id, count(*) AS count FROM annotations a JOIN images i USING (image_id) "
        "WHERE a.project_id = $1 AND NOT i.trashed GROUP BY a.category_id) raw ON raw.category_id = r.category_id "
        "GROUP BY r.resolved_id) n ON n.resolved_id = c.category_id WHERE c.project_id = $1 ORDER BY c.ordinal",
        project_id,
    )
    return [dict(row) for row in rows]


async def annotations_in_use(asked: asyncpg.Pool | Connection, project_id: UUID, category_id: UUID) -> int:
    """How many count as this category, or did before its removal; those on images in the trash too: they may return."""
    return await asked.fetchval(
        "WITH RECURSIVE counted(category_id) AS (SELECT $2::uuid UNION SELECT c.category_id FROM categories c "
        "JOIN counted ON c.into_id = counted.category_id WHERE c.project_id = $1) "
        "SELECT count(*) FROM annotations JOIN counted USING (category_id) WHERE project_id = $1",
        project_id,
        category_id,
    )


async def resolved_categories(pool: asyncpg.Pool, project_id: UUID) -> dict[UUID, UUID]:
    """Raw category id -> the active category that it counts as; removed ones without a target are missing."""
    return {raw: active for raw, active in await pool.fetch(RESOLVED, project_id)}


async def project_of_category(pool: asyncpg.Pool, category_id: UUID) -> UUID | None:
    return await pool.fetchval("SELECT project_id FROM categories WHERE category_id = $1", category_id)
