"""What follows from what people do: a new training after so many newly labelled images, where a project wants that.

Every worker looks; ids come from the cause, so that several of them ask once.
"""

import asyncio
import contextlib
from uuid import UUID

import asyncpg

from adapters import training_rows
from domain.errors import Conflict
from domain.events import JobRequested, TrainingRequested
from domain.execute import JOB, Decision, Executor, Look
from domain.ids import LOCAL_ACTOR, derived_id
from domain.job import MAX_ATTEMPTS, JobState
from domain.training import missing_for_training

LOOK_EVERY_S = 3.0
BASE_WEIGHTS = {"detect": "yolov8n.pt", "segment": "yolov8n-seg.pt"}

# Images finished since the position that the last run learned from; a run that failed or was cancelled counts too, or
# it would be asked for again at once. One training of a project at a time.
DUE = """
SELECT p.project_id, p.task, coalesce(last.as_of_position, 0) AS learned_at FROM projects p
LEFT JOIN LATERAL (
    SELECT as_of_position FROM training_runs r WHERE r.project_id = p.project_id ORDER BY as_of_position DESC LIMIT 1
) last ON true
WHERE NOT p.trashed AND (p.settings ->> 'retrain_after')::int > 0
    AND NOT EXISTS (SELECT FROM training_runs r WHERE r.project_id = p.project_id AND r.state IN ('queued', 'running'))
    AND (SELECT count(*) FROM images i WHERE i.project_id = p.project_id AND NOT i.trashed
        AND i.state IN ('submitted', 'approved') AND i.human_position > coalesce(last.as_of_position, 0))
        >= (p.settings ->> 'retrain_after')::int
"""


async def keep_reacting(pool: asyncpg.Pool, executor: Executor, away: tuple[type[Exception], ...]) -> None:
    """For ever; errors in `away` (the database is) are waited out, and a race that another worker won."""
    while True:
        with contextlib.suppress(Conflict, *away):
            await retrain_where_due(pool, executor)
        await asyncio.sleep(LOOK_EVERY_S)


async def retrain_where_due(pool: asyncpg.Pool, executor: Executor) -> list[UUID]:
    """The jobs that were asked for. Each predicts the rest once its run has succeeded."""
    asked: list[UUID] = []
    for row in await pool.fetch(DUE):
        if missing_for_training(await training_rows.readiness(pool, row["project_id"])):
            continue
        position = await pool.fetchval("SELECT position FROM log_head WHERE id = 1")
        cause = f"retraining after {row['learned_at']}"
        run_id, job_id = derived_id(row["project_id"], f"{cause} run"), derived_id(row["project_id"], f"{cause} job")
        if await _ask(executor, row["project_id"], run_id, job_id, BASE_WEIGHTS[row["task"]], position):
            asked.append(job_id)
    return asked


async def _ask(
    executor: Executor, project_id: UUID, run_id: UUID, job_id: UUID, base_weights: str, position: int
) -> bool:
    settings = {"seed": 0, "then_predict": True}
    payload = {"run_id": str(run_id), "base_weights": base_weights, "as_of_position": position, "settings": settings}
    requested = TrainingRequested(job_id, base_weights, position, settings)

    async def decide(state: JobState, _look: Look) -> Decision:
        if state.version:
            return Decision([])
        return Decision([JobRequested("train", payload, 0, MAX_ATTEMPTS)], also=[(run_id, 0, [requested])])

    outcome = await executor.execute(JOB, job_id, decide, project_id=project_id, actor_id=LOCAL_ACTOR)
    return outcome.position > 0
