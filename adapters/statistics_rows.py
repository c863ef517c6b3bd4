"""What a project's log says about it: effort, seconds, the learning curve. All of it by SQL, nothing kept beside."""

from uuid import UUID

import asyncpg

ACTIVE_GAP_S = 60.0
"""A person who does nothing for longer than this is not working on the picture."""
FIRST_ACTION_S = 2.0
"""What the first action after a pause is credited with: the look that came before it."""

# Deeds of people: what jobs append is caused by a job, and has its id as causation.
HUMAN_EVENTS = (
    "type IN ('annotation.drawn', 'annotation.reshaped', 'annotation.recategorised', 'annotation.deleted', "
    "'annotation.restored', 'prediction.accepted', 'prediction.rejected', 'image.submitted', 'image.approved', "
    "'image.rejected', 'image.marked_empty')"
)

# `touched` is each annotation's last word on shape and category after it was proposed; an accepted prediction that was
# then reshaped counts as adjusted, one that was deleted as deleted.
EFFORT = f"""
WITH deeds AS (
    SELECT stream_id, position, type, data FROM events WHERE project_id = $1 AND {HUMAN_EVENTS}
),
proposed AS (
    SELECT (data ->> 'annotation_id')::uuid AS annotation_id FROM deeds WHERE type = 'prediction.accepted'
    UNION ALL
    SELECT (a ->> 'annotation_id')::uuid FROM events e, jsonb_array_elements(e.data -> 'annotations') a
    WHERE e.project_id = $1 AND e.type = 'predictions.accepted'
),
withdrawn AS (
    SELECT (a ->> 'annotation_id')::uuid AS annotation_id
    FROM events e, jsonb_array_elements(e.data -> 'annotations') a
    WHERE e.project_id = $1 AND e.type = 'predictions.withdrawn'
),
fate AS (
    SELECT p.annotation_id,
        bool_or(d.type = 'annotation.deleted') AS deleted,
        bool_or(d.type = 'annotation.reshaped') AS reshaped,
        bool_or(d.type = 'annotation.recategorised') AS recategorised
    FROM (SELECT annotation_id FROM proposed EXCEPT SELECT annotation_id FROM withdrawn) p
    LEFT JOIN deeds d ON d.type IN ('annotation.deleted', 'annotation.reshaped', 'annotation.recategorised')
        AND (d.data ->> 'annotation_id')::uuid = p.annotation_id
    GROUP BY p.annotation_id
)
SELECT
    count(*) FILTER (WHERE NOT coalesce(deleted, false) AND NOT coalesce(reshaped, false)
        AND NOT coalesce(recategorised, false)) AS accepted,
    count(*) FILTER (WHERE NOT coalesce(deleted, false) AND coalesce(reshaped, false)) AS adjusted,
    count(*) FILTER (WHERE NOT coalesce(deleted, false) AND coalesce(recategorised, false)) AS recategorised,
    count(*) FILTER (WHERE coalesce(deleted, false)) AS deleted,
    count(*) FILTER (WHERE NOT coalesce(deleted, false)) AS kept,
    (SELECT count(*) FROM deeds WHERE type = 'prediction.rejected') AS rejected,
    (SELECT count(*) FROM deeds WHERE type = 'annotation.drawn') AS drawn
FROM fate
"""

# Active seconds: gaps between a person's consecutive deeds, long ones replaced by the look before a first action.
SECONDS = f"""
WITH deeds AS (
    SELECT actor_id, position, type, stream_id, extract(epoch FROM recorded_at)::double precision AS at
    FROM events WHERE project_id = $1 AND {HUMAN_EVENTS}
),
gaps AS (
    SELECT type, CASE WHEN gap IS NULL OR gap > $2 THEN $3 ELSE gap END AS seconds FROM (
        SELECT type, at - lag(at) OVER (PARTITION BY actor_id ORDER BY position) AS gap FROM deeds
    ) g
)
SELECT coalesce(sum(seconds), 0)::double precision AS active_seconds,
    (sum(seconds) FILTER (WHERE type = 'annotation.drawn')
        / nullif(count(*) FILTER (WHERE type = 'annotation.drawn'), 0))::double precision AS seconds_per_drawn_box
FROM gaps
"""

# A run is a point of the baseline only when no picture that it learned from was chosen in another way than by lot.
LEARNING_CURVE = """
SELECT r.run_id, r.ended_at, (r.metrics ->> 'labelled_images')::int AS labelled_images,
    (r.metrics ->> 'map50')::double precision AS map50, (r.metrics ->> 'map50_95')::double precision AS map50_95,
    (r.metrics #>> '{interval,map50_95,low}')::double precision AS low,
    (r.metrics #>> '{interval,map50_95,high}')::double precision AS high,
    r.metrics #>> '{held_out,kind}' AS held_out,
    (SELECT q.acquisition_function FROM query_batches q WHERE q.project_id = r.project_id
        AND q.as_of_position < r.as_of_position ORDER BY q.as_of_position DESC LIMIT 1) AS acquisition_function,
    jsonb_array_length(r.train_image_ids) > 0 AND NOT EXISTS (
        SELECT FROM jsonb_array_elements_text(r.train_image_ids) AS trained(image_id)
        LEFT JOIN images i ON i.image_id = trained.image_id::uuid
        LEFT JOIN query_batches q ON q.query_batch_id = i.query_batch_id
        WHERE q.acquisition_function IS DISTINCT FROM 'random') AS chosen_at_random
FROM training_runs r WHERE r.project_id = $1 AND r.state = 'succeeded' ORDER BY r.ended_at, r.run_id
"""


async def fetch_effort(pool: asyncpg.Pool, project_id: UUID) -> asyncpg.Record:
    """Boxes that a model proposed and a person or a threshold took, by what became of them; and those drawn by hand."""
    return await _one(pool, EFFORT, project_id)


async def fetch_seconds(pool: asyncpg.Pool, project_id: UUID) -> asyncpg.Record:
    return await _one(pool, SECONDS, project_id, ACTIVE_GAP_S, FIRST_ACTION_S)


async def fetch_learning_curve(pool: asyncpg.Pool, project_id: UUID) -> list[asyncpg.Record]:
    return await pool.fetch(LEARNING_CURVE, project_id)


async def latest_advice(pool: asyncpg.Pool, project_id: UUID) -> bytes | None:
    """What the last prediction job said about going on, as JSON."""
    return await pool.fetchval(
        "SELECT result -> 'stop_advice' FROM jobs WHERE project_id = $1 AND kind = 'predict' AND state = 'succeeded' "
        "AND result ? 'stop_advice' ORDER BY ended_at DESC, job_id DESC LIMIT 1",
        project_id,
    )


async def _one(pool: asyncpg.Pool, sql: str, *arguments: object) -> asyncpg.Record:
    row = await pool.fetchrow(sql, *arguments)
    assert row is not None, "an aggregate answers one row"
    return row
