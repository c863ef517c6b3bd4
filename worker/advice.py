"""Whether another round is worth it, from the project's runs and what the newest says about the pictures left."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from adapters import training_rows
from domain.run_metrics import RunMetrics
from domain.selection import next_budget
from worker.evaluate import Interval
from worker.stopping import RemainingWork, RoundFigures, advise
from worker.trust import DRAW_S

OPEN_S = 2.0
CORRECTION_S = 4.0
"""Seconds of one expected correction: between deleting (1.5), moving (4) and drawing (7)."""


async def stop_advice(
    pool: asyncpg.Pool, project_id: UUID, run_id: UUID, job_id: UUID, agreement: float | None
) -> dict[str, Any]:
    """{verdict, sentence, reasons, gain}: see worker.stopping.advise. `agreement`: F1 with the run before this one."""
    rows = await training_rows.runs_before(pool, project_id, run_id)
    this = await training_rows.fetch_run(pool, run_id)
    rounds = [figures for row in (*rows, this) if row is not None and (figures := _round(row)) is not None]
    if rounds:
        rounds[-1] = replace(rounds[-1], agreement=agreement)
    work = await pool.fetchrow(
        "SELECT count(*) AS images, coalesce(avg((details ->> 'corrections')::double precision), 0) AS corrections, "
        "coalesce(avg((details ->> 'seconds')::double precision), 0) AS seconds "
        "FROM image_predictions JOIN images USING (image_id) "
        "WHERE job_id = $1 AND NOT trashed AND state IN ('unlabelled', 'in_progress', 'auto')",
        job_id,
    )
    labelled = await pool.fetchrow(
        "SELECT count(*) AS images, coalesce(avg(annotation_count), 0)::double precision AS boxes FROM images "
        "WHERE project_id = $1 AND NOT trashed AND state IN ('submitted', 'approved')",
        project_id,
    )
    assert work is not None, "an aggregate answers one row"
    assert labelled is not None, "an aggregate answers one row"
    advice = advise(
        rounds,
        RemainingWork(
            images=work["images"],
            correction_s=work["seconds"] + CORRECTION_S * work["corrections"],
            next_batch=next_budget(labelled["images"]),
            labelling_s=OPEN_S + DRAW_S * labelled["boxes"],
        ),
    )
    return {
        "verdict": advice.verdict,
        "sentence": advice.sentence,
        "reasons": list(advice.reasons),
        "gain": advice.gain,
    }


def _round(row: asyncpg.Record) -> RoundFigures | None:
    metrics = msgspec.json.decode(row["metrics"], type=RunMetrics) if row["metrics"] else None
    if metrics is None or metrics.map50_95 is None:
        return None
    interval = metrics.interval["map50_95"]
    return RoundFigures(metrics.labelled_images, Interval(metrics.map50_95, interval.low, interval.high))
