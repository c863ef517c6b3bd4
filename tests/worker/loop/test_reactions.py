"""Automatic retraining: after so many newly finished images, once, and only where a project wants it."""

import asyncio

from adapters.clock import new_id
from domain.commands import MarkEmpty, Reopen, Submit
from domain.events import ProjectConfigured
from domain.execute import JOB, PROJECT, Executor
from domain.geometry import Box
from domain.job import decide_cancel, effects_of_ending
from tests.worker.loop.conftest import Scene
from worker.reactions import retrain_where_due


async def finished(scene: Scene, count: int, first: int = 0) -> None:
    for image in await scene.images(count, first):
        await scene.draw(image, Box(1, 2, 10, 12), scene.categories[0])
        await scene.edit(image, Submit())


async def runs(scene: Scene) -> list[str]:
    rows = await scene.pool.fetch(
        "SELECT state FROM training_runs WHERE project_id = $1 ORDER BY as_of_position, run_id", scene.project_id
    )
    return [row["state"] for row in rows]


async def test_a_run_is_asked_for_after_so_many_images(scene: Scene) -> None:
    await scene.category("cell")
    await finished(scene, 9)
    assert await retrain_where_due(scene.pool, scene.executor) == []
    await scene.append(PROJECT, scene.project_id, ProjectConfigured({"retrain_after": 10}))
    assert await retrain_where_due(scene.pool, scene.executor) == []
    await finished(scene, 1, first=20)
    (job_id,) = await retrain_where_due(scene.pool, scene.executor)
    assert await runs(scene) == ["queued"]
    job = await scene.executor.load(JOB, job_id)
    assert job.payload["settings"]["then_predict"]

    await finished(scene, 10, first=40)
    assert await retrain_where_due(scene.pool, scene.executor) == []
    (cancelled,) = decide_cancel(job)
    await scene.append(JOB, job_id, cancelled)
    for stream_id, _, events in effects_of_ending(job, cancelled):
        await scene.append(JOB, stream_id, *events)
    assert len(await retrain_where_due(scene.pool, scene.executor)) == 1
    assert await runs(scene) == ["cancelled", "queued"]


async def test_several_workers_ask_once(scene: Scene) -> None:
    await scene.category("cell")
    await scene.append(PROJECT, scene.project_id, ProjectConfigured({"retrain_after": 5}))
    await finished(scene, 6)
    others = [Executor(scene.store, new_id) for _ in range(4)]
    asked = await asyncio.gather(*(retrain_where_due(scene.pool, other) for other in others))
    assert sum(len(jobs) for jobs in asked) == 1
    assert await runs(scene) == ["queued"]


async def test_too_little_to_learn_from_waits(scene: Scene) -> None:
    await scene.category("cell")
    await scene.append(PROJECT, scene.project_id, ProjectConfigured({"retrain_after": 2}))
    images = await scene.images(6)
    for image in images:
        await scene.edit(image, MarkEmpty())
    assert await retrain_where_due(scene.pool, scene.executor) == []
    for image in images[:5]:
        await scene.edit(image, Reopen())
        await scene.draw(image, Box(1, 2, 10, 12), scene.categories[0])
        await scene.edit(image, Submit())
    assert len(await retrain_where_due(scene.pool, scene.executor)) == 1
