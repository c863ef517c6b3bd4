"""Reads of training runs: what is there to train on, and what the runs have come to."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from adapters.database import Connection
from adapters.project_rows import RESOLVED
from domain.training import Readiness

RUN_COLUMNS = (
    "r.run_id, r.project_id, r.job_id, r.state, r.base_weights, r.as_of_position, r.settings, r.category_ids, "
    "r.train_image_ids, r.validation_image_ids, r.metrics, r.weights_digest, r.notices, r.versions, r.seconds, "
    "r.error, r.created_at, r.started_at, r.ended_at"
)

EPOCHS = (
    "(SELECT jsonb_agg(jsonb_build_object('epoch', e.epoch) || e.values ORDER BY e.epoch) "
    "FROM run_epochs e WHERE e.run_id = r.run_id) AS epochs"
)


class PredictingRun(msgspec.Struct, frozen=True):
    run_id: UUID
    metrics: msgspec.Raw | None


async def readiness(pool: asyncpg.Pool, project_id: UUID) -> Readiness:
    """Counts what a training that starts now would have."""
    row = await pool.fetchrow(
        "WITH labelled AS (SELECT image_id FROM images WHERE project_id = $1 AND NOT trashed "
        "AND state IN ('submitted', 'approved')), "
        f"resolved AS ({RESOLVED}) "
        "SELECT (SELECT count(*) FROM labelled) AS images, "
        "(SELECT count(*) FROM annotations a JOIN labelled USING (image_id) JOIN resolved USING (category_id)) "
        "AS annotations, (SELECT count(DISTINCT resolved_id) FROM resolved) AS categories",
        project_id,
    )
    return Readiness(row["images"], row["annotations"], row["categories"])


async def fetch_run(pool: asyncpg.Pool, run_id: UUID) -> asyncpg.Record | None:
    return await pool.fetchrow(f"SELECT {RUN_COLUMNS}, {EPOCHS} FROM training_runs r WHERE r.run_id = $1", run_id)


async def fetch_runs(pool: asyncpg.Pool, project_id: UUID, *, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Newest first."""
    return await pool.fetch(
        f"SELECT {RUN_COLUMNS}, {EPOCHS} FROM training_runs r "
        "WHERE r.project_id = $1 AND ($2::uuid IS NULL OR r.run_id < $2) ORDER BY r.run_id DESC LIMIT $3",
        project_id,
        after,
        limit,
    )


async def current_run(pool: asyncpg.Pool, project_id: UUID) -> UUID | None:
    """The promoted run, else the newest that succeeded."""
    return await pool.fetchval(
        "SELECT coalesce((SELECT promoted_run_id FROM projects WHERE project_id = $1), "
        "(SELECT run_id FROM training_runs WHERE project_id = $1 AND state = 'succeeded' "
        "ORDER BY ended_at DESC, run_id DESC LIMIT 1))",
        project_id,
    )


async def predicting_run(database: asyncpg.Pool | Connection, project_id: UUID) -> PredictingRun | None:
    """The promoted run if it has predicted anything, else the newest that has."""
    row = await database.fetchrow(
        "SELECT r.run_id, r.metrics FROM training_runs r JOIN projects p USING (project_id) WHERE r.project_id = $1 "
        "AND EXISTS (SELECT FROM image_predictions ip WHERE ip.run_id = r.run_id AND ip.details ? 'boxes') "
        "ORDER BY (r.run_id = p.promoted_run_id) DESC NULLS LAST, r.run_id DESC LIMIT 1",
        project_id,
    )
    if row is None:
        return None
    return PredictingRun(row["run_id"], msgspec.Raw(row["metrics"]) if row["metrics"] else None)


async def runs_before(pool: asyncpg.Pool, project_id: UUID, run_id: UUID) -> list[asyncpg.Record]:
    """Every other succeeded run of the project with its metrics, oldest first."""
    return await pool.fetch(
        f"SELECT {RUN_COLUMNS} FROM training_runs r WHERE r.project_id = $1 AND r.run_id <> $2 "
        "AND r.state = 'succeeded' ORDER BY r.ended_at, r.run_id",
        project_id,
        run_id,
    )


async def near_duplicate_groups(pool: asyncpg.Pool, image_ids: list[UUID]) -> dict[UUID, UUID]:
    """The group of each image that belongs to one; what is not embedded yet has none."""
    rows = await pool.fetch(
        "SELECT DISTINCT ON (image_id) image_id, near_duplicate_group FROM embeddings "
        "WHERE image_id = ANY($1::uuid[]) AND near_duplicate_group IS NOT NULL ORDER BY image_id, embedder",
        image_ids,
    )
    return {row["image_id"]: row["near_duplicate_group"] for row in rows}


async def forget_epochs(pool: asyncpg.Pool, run_id: UUID) -> None:
    await pool.execute("DELETE FROM run_epochs WHERE run_id = $1", run_id)


async def write_epoch(pool: asyncpg.Pool, run_id: UUID, epoch: int, values: dict[str, Any]) -> None:
    await pool.execute(
        "INSERT INTO run_epochs (run_id, epoch, values) VALUES ($1, $2, $3) "
        "ON CONFLICT (run_id, epoch) DO UPDATE SET values = run_epochs.values || excluded.values",
        run_id,
        epoch,
        msgspec.json.encode(values),
    )
