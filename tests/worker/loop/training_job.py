"""A training job whose detector keeps what it was told to learn from instead of learning."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from adapters.clock import new_id
from domain.commands import Submit
from domain.events import TrainingRequested
from domain.execute import TRAINING_RUN
from domain.geometry import Box
from domain.ports import TrainingPlan
from tests.worker.loop.conftest import Scene
from worker.tasks import train

LABELLED = 6


async def labelled_scene(scene: Scene, unlabelled: int) -> tuple[list[UUID], list[UUID]]:
    """(finished images with a box each, others)."""
    cell = await scene.category("cell")
    images = await scene.images(LABELLED + unlabelled)
    for image_id in images[:LABELLED]:
        await scene.draw(image_id, Box(5, 5, 30, 20), cell)
        await scene.edit(image_id, Submit())
    return images[:LABELLED], images[LABELLED:]


async def trained(scene: Scene, work_dir: Path, base_weights: str = "yolov8n.pt", **settings: Any) -> dict[str, Any]:
    """The run's row after a training with these settings."""
    run_id = new_id()
    position = (await scene.store.head()).position
    await scene.append(TRAINING_RUN, run_id, TrainingRequested(new_id(), base_weights, position, settings))
    payload = {
        "run_id": str(run_id), "base_weights": base_weights, "as_of_position": position, "settings": settings,
    }  # fmt: skip
    await scene.complete(train.run, await scene.start("train", payload, work_dir))
    row = await scene.pool.fetchrow("SELECT settings, notices, metrics FROM training_runs WHERE run_id = $1", run_id)
    assert row is not None
    return {name: msgspec.json.decode(row[name]) for name in ("settings", "notices", "metrics")}


def steps(epochs: int, batch: int, images: int) -> int:
    return epochs * ceil(images / batch)


def shapes_of(plan: TrainingPlan, images: Sequence[UUID]) -> dict[UUID, Any]:
    return {sample.image_id: sample.shapes for sample in plan.train if sample.image_id in images}
