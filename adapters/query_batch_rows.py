"""Query batches: what they are chosen from, and those that were chosen."""

from uuid import UUID

import asyncpg
import msgspec

from adapters.database import Connection

LABELLED_STATES = ("submitted", "approved")
OPEN_STATES = ("unlabelled", "auto")
"""What nobody has labelled; boxes that a threshold accepted are not a person's word."""

CANDIDATE = "i.state IN ('unlabelled', 'auto') AND i.query_batch_id IS NULL AND i.claimed_by IS NULL"


class PoolImage(msgspec.Struct, frozen=True):
    image_id: UUID
    state: str
    candidate: bool
    """Open, in nobody's hands and in no batch."""
    boxes: int
    near_duplicate_group: UUID | None


class PredictedBox(msgspec.Struct, frozen=True):
    image_id: UUID
    category_id: UUID
    """Raw: merged categories are not resolved."""
    confidence: float


async def pool_images(connection: Connection, project_id: UUID) -> list[PoolImage]:
    """Every image outside the trash, by id."""
    rows = await connection.fetch(
        f"SELECT i.image_id, i.state, {CANDIDATE} AS candidate, i.annotation_count, e.near_duplicate_group "
        "FROM images i LEFT JOIN LATERAL (SELECT near_duplicate_group FROM embeddings e "
        "WHERE e.image_id = i.image_id ORDER BY near_duplicate_group LIMIT 1) e ON true "
        "WHERE i.project_id = $1 AND NOT i.trashed AND NOT i.erased ORDER BY i.image_id",
        project_id,
    )
    return [PoolImage(*row) for row in rows]


async def count_candidates(pool: asyncpg.Pool, project_id: UUID) -> int:
    count = await pool.fetchval(
        f"SELECT count(*) FROM images i WHERE i.project_id = $1 AND NOT i.trashed AND NOT i.erased AND {CANDIDATE}",
        project_id,
    )
    return int(count or 0)


async def predicted_images(connection: Connection, run_id: UUID) -> list[UUID]:
    rows = await connection.fetch(
        "SELECT image_id FROM image_predictions WHERE run_id = $1 AND details ? 'boxes' ORDER BY image_id", run_id
    )
    return [row["image_id"] for row in rows]


async def predicted_boxes(connection: Connection, run_id: UUID) -> list[PredictedBox]:
    """Also those too unsure to be shown as predictions: they are what an uncertainty is made of."""
    rows = await connection.fetch(
        "SELECT ip.image_id, (box ->> 0)::uuid, (box ->> 1)::double precision FROM image_predictions ip, "
        "jsonb_array_elements(ip.details -> 'boxes') WITH ORDINALITY AS boxes(box, place) "
        "WHERE ip.run_id = $1 ORDER BY ip.image_id, place",
        run_id,
    )
    return [PredictedBox(*row) for row in rows]


async def labelled_boxes(connection: Connection, project_id: UUID) -> list[tuple[UUID, UUID, int]]:
    """(image, raw category, boxes) of the labelled images."""
    rows = await connection.fetch(
        "SELECT a.image_id, a.category_id, count(*) AS boxes FROM annotations a JOIN images i USING (image_id) "
        "WHERE a.project_id = $1 AND NOT i.trashed AND i.state = ANY($2::text[]) "
        "GROUP BY a.image_id, a.category_id ORDER BY a.image_id, a.category_id",
        project_id,
        list(LABELLED_STATES),
    )
    return [(row["image_id"], row["category_id"], row["boxes"]) for row in rows]


async def fetch_query_batch(pool: asyncpg.Pool, query_batch_id: UUID) -> asyncpg.Record | None:
    return await pool.fetchrow("SELECT * FROM query_batches WHERE query_batch_id = $1", query_batch_id)


async def fetch_query_batches(
    pool: asyncpg.Pool, project_id: UUID, *, after: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """Newest first."""
    return await pool.fetch(
        "SELECT * FROM query_batches WHERE project_id = $1 AND ($2::uuid IS NULL OR query_batch_id < $2) "
        "ORDER BY query_batch_id DESC LIMIT $3",
        project_id,
        after,
        limit,
    )


async def states_of_picks(pool: asyncpg.Pool, image_ids: list[UUID], claimer: UUID) -> dict[UUID, asyncpg.Record]:
    """By image: its review state, and whether `claimer` may take it to label it. The trash is left out."""
    rows = await pool.fetch(
        "SELECT image_id, state, state IN ('unlabelled', 'auto', 'in_progress', 'rejected') AS open, "
        "coalesce(claimed_by = $2, true) AS claimable FROM images "
        "WHERE image_id = ANY($1::uuid[]) AND NOT trashed AND NOT erased",
        image_ids,
        claimer,
    )
    return {row["image_id"]: row for row in rows}
