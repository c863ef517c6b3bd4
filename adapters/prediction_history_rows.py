"""What became of a run's predictions: beside those of the run before it, and under the hands of people."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
import msgspec

from adapters.database import Connection
from adapters.project_rows import RESOLVED
from domain.evaluation import Found, JudgedImage, Label
from domain.geometry import Box

LABELS = msgspec.json.Decoder(list[tuple[UUID, float, float, float, float]])
FOUND = msgspec.json.Decoder(list[tuple[UUID, float, float, float, float, float]])


async def boxes_of_two_runs(
    pool: asyncpg.Pool, project_id: UUID, run_id: UUID, min_confidence: float, images: int
) -> Sequence[asyncpg.Record]:
    """(image, of this run?, category, x, y, width, height, confidence) on open pictures that this run and the one that
    predicted last before it have both looked at; a row without a category where one of them shows nothing."""
    return await pool.fetch(
        "WITH before AS (SELECT ip.run_id FROM image_predictions ip JOIN jobs j USING (job_id) "
        "WHERE ip.project_id = $1 AND ip.run_id <> $2 AND j.kind = 'predict' ORDER BY j.created_at DESC LIMIT 1), "
        "common AS (SELECT a.image_id FROM image_predictions a JOIN image_predictions b USING (image_id) "
        "JOIN before ON b.run_id = before.run_id JOIN images i USING (image_id) "
        "WHERE a.run_id = $2 AND NOT i.trashed AND i.state IN ('unlabelled', 'auto') ORDER BY a.image_id LIMIT $4), "
        "runs AS (SELECT $2::uuid AS run_id UNION ALL SELECT run_id FROM before) "
        "SELECT c.image_id, r.run_id = $2, p.category_id, p.x, p.y, p.width, p.height, p.confidence "
        "FROM common c CROSS JOIN runs r LEFT JOIN predictions p ON p.image_id = c.image_id AND p.run_id = r.run_id "
        "AND p.confidence >= $3 ORDER BY c.image_id, p.confidence DESC",
        project_id,
        run_id,
        min_confidence,
        images,
    )


async def write_probably_missed(
    connection: Connection, run_id: UUID, job_id: UUID, expected: Mapping[UUID, float]
) -> None:
    """`expected`: by image the mean number of boxes on its labelled neighbours. In the caller's transaction."""
    await connection.execute(
        "UPDATE image_predictions SET details = coalesce(details, '{}') || jsonb_build_object('neighbours_boxes', e.n) "
        "FROM unnest($3::uuid[], $4::double precision[]) AS e(image_id, n) "
        "WHERE image_predictions.image_id = e.image_id AND run_id = $1 AND job_id = $2",
        run_id,
        job_id,
        list(expected),
        list(expected.values()),
    )


async def reviewed_at_random(
    pool: asyncpg.Pool, project_id: UUID, run_id: UUID, quality: str, after: int
) -> list[JudgedImage]:
    """Audit pictures that were finished after the log position `after`, the run's last predictions of that quality on
    them, and what people made of them. Only pictures drawn at random: others are no fair sample."""
    rows = await pool.fetch(
        f"WITH resolved AS ({RESOLVED}), judged AS (SELECT i.image_id, ip.job_id FROM images i "
        "JOIN image_predictions ip ON ip.image_id = i.image_id AND ip.run_id = $2 JOIN jobs j USING (job_id) "
        "WHERE i.project_id = $1 AND i.audit AND NOT i.trashed AND i.state IN ('submitted', 'approved') "
        "AND i.human_position > $4 AND coalesce(j.payload ->> 'quality', 'fast') = $3 AND j.kind = 'predict') "
        "SELECT (SELECT jsonb_agg(jsonb_build_array(r.resolved_id, a.x, a.y, a.width, a.height)) FROM annotations a "
        "JOIN resolved r USING (category_id) WHERE a.image_id = g.image_id) AS labels, "
        "(SELECT jsonb_agg(jsonb_build_array(p.category_id, p.x, p.y, p.width, p.height, p.confidence)) "
        "FROM predictions p WHERE p.image_id = g.image_id AND p.job_id = g.job_id) AS found "
        "FROM judged g ORDER BY g.image_id",
        project_id,
        run_id,
        quality,
        after,
    )
    return [
        JudgedImage(
            [Label(category, Box(*box)) for category, *box in LABELS.decode(row["labels"] or b"[]")],
            [Found(category, Box(x, y, w, h), c) for category, x, y, w, h, c in FOUND.decode(row["found"] or b"[]")],
        )
        for row in rows
    ]
