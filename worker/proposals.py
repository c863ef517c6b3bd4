"""What a trained run proposes on pictures that nobody has labelled, as labels for the next training: self-training.

The largest gain that costs no human second: the pictures are there, and a run's surest boxes, seen from several sides
and fused, are nearly all right (Soft Teacher, in learning.md section 0; measured in docs/results/bench60.md).
"""

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

from adapters import prediction_rows, training_rows
from adapters.blobs import weights_name
from domain.errors import NotReady
from domain.ports import Detector, TrainingSample
from worker.context import TaskContext
from worker.labelled import LabelledSet
from worker.local_pictures import fetch_pictures
from worker.looks import Looks, views_of
from worker.scheme import Scheme

CONFIDENT_FROM = 0.4
"""Fused over the views. Chosen on BCCD's validation split."""
UNLABELLED = ("unlabelled", "auto")
PICTURES_AT_MOST = 600
"""Drawn at random where there are more: a training of a few hundred steps would not see them all."""
BATCH = 16


@dataclass(frozen=True)
class Teacher:
    """The run whose proposals are learned from."""

    weights_digest: str
    category_ids: tuple[UUID, ...]
    image_size: int
    seen: frozenset[UUID]
    """Images it learned from itself."""


async def fetch_teacher(pool: asyncpg.Pool, run_id: str | None) -> Teacher | None:
    """None where none is asked for. Raises NotReady for a run without weights."""
    if run_id is None:
        return None
    row = await training_rows.fetch_run(pool, UUID(run_id))
    if row is None or row["weights_digest"] is None:
        raise NotReady("The run whose proposals are to be learned from has no weights.")
    return Teacher(
        row["weights_digest"],
        tuple(msgspec.json.decode(row["category_ids"], type=list[UUID])),
        msgspec.json.decode(row["settings"])["image_size"],
        frozenset(msgspec.json.decode(row["train_image_ids"], type=list[UUID])),
    )


async def proposed_samples(
    context: TaskContext, detector: Detector, teacher: Teacher, labelled: LabelledSet, scheme: Scheme
) -> list[TrainingSample]:
    """Unlabelled pictures with the teacher's boxes from CONFIDENT_FROM on; those without any are left out, because what
    is missed there would be learned as background. No picture that nearly equals one that measures the run.

    Raises NotReady where nothing is left to learn from.
    """
    images = await prediction_rows.images_to_predict(context.pool, context.project_id, UNLABELLED, None)
    near = await training_rows.near_duplicate_groups(context.pool, [image.image_id for image in images])
    groups = {image.image_id: str(near.get(image.image_id, image.digest)) for image in images}
    measuring = {labelled.groups[image.image_id] for _, judged in scheme.folds for image in judged}
    measuring |= {labelled.groups[image.image_id] for image in scheme.audit}
    images = [image for image in images if groups[image.image_id] not in measuring]
    if len(images) > PICTURES_AT_MOST:
        images = random.Random(scheme.seed).sample(images, PICTURES_AT_MOST)
    context.report(0.01, f"Looking at {len(images)} pictures that nobody has labelled")
    paths = await fetch_pictures(context.blobs, images, context.work_dir / "proposed")
    looks = Looks(
        detector,
        [await _weights(context, teacher)],
        views_of(scheme.settings),
        teacher.image_size,
        scheme.device,
        BATCH,
        CONFIDENT_FROM / 4,
    )
    looked = await asyncio.to_thread(looks.at, [(image.image_id, paths[image.image_id]) for image in images])
    place = {category_id: index for index, category_id in enumerate(labelled.category_ids)}
    samples: list[TrainingSample] = []
    for image in images:
        shapes = [
            (place[teacher.category_ids[one.class_index]], one.geometry)
            for one in looked[image.image_id].fused
            if one.confidence >= CONFIDENT_FROM and teacher.category_ids[one.class_index] in place
        ]
        if shapes:
            samples.append(
                TrainingSample(
                    image.image_id, paths[image.image_id], image.width, image.height, shapes, groups[image.image_id]
                )
            )
    if not samples:
        raise NotReady("The earlier run proposes nothing with confidence on pictures that nobody has labelled.")
    return samples


async def _weights(context: TaskContext, teacher: Teacher) -> Path:
    try:
        return await context.blobs.fetch_to(weights_name(teacher.weights_digest), context.work_dir / "teacher.pt")
    except FileNotFoundError as gone:
        raise NotReady("The weights of the run whose proposals are to be learned from are gone.") from gone
