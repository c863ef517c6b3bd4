"""Reads of jobs, with the progress of those that run."""

from uuid import UUID

import asyncpg

JOB_COLUMNS = (
    "j.job_id, j.project_id, j.kind, j.payload, j.state, j.attempt, j.max_attempts, j.cancel_requested, j.result, "
    "j.error, j.error_tail, j.created_at, j.started_at, j.ended_at, j.version, p.progress, p.message, p.log_tail"
)


async def fetch_job(pool: asyncpg.Pool, job_id: UUID) -> asyncpg.Record | None:
    return await pool.fetchrow(
        f"SELECT {JOB_COLUMNS} FROM jobs j LEFT JOIN job_progress p USING (job_id) WHERE job_id = $1", job_id
    )


async def fetch_jobs(
    pool: asyncpg.Pool, project_id: UUID | None, *, states: list[str] | None, after: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """Newest first, of one project or of all."""
    of_project = "$1::uuid IS NULL" if project_id is None else "j.project_id = $1"
    return await pool.fetch(
        f"SELECT {JOB_COLUMNS} FROM jobs j LEFT JOIN job_progress p USING (job_id) WHERE {of_project} "
        "AND ($2::text[] IS NULL OR j.state = ANY($2)) AND ($3::uuid IS NULL OR j.job_id < $3) "
        "ORDER BY j.job_id DESC LIMIT $4",
        project_id,
        states,
        after,
        limit,
    )
