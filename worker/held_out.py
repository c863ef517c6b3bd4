"""What models find on pictures that they did not learn from: this run's, and those of the runs before it."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

from adapters import training_rows
from adapters.held_out import HeldOutImage, found_row, label_row, load_held_out
from adapters.snapshot import SnapshotImage
from domain.ports import BlobStore, Detection, Detector
from domain.run_metrics import RunMetrics
from worker.labelled import LabelledSet
from worker.looks import Looks, views_of
from worker.scheme import Scheme

LEAST_CONFIDENCE = 0.001
"""Average precision looks at everything that was found."""
PREDICTION_BATCH = 16
COMPARED_WITH = 3


def look_at_held_out(
    detector: Detector,
    scheme: Scheme,
    labelled: LabelledSet,
    images: Sequence[SnapshotImage],
    paths: Mapping[UUID, Path],
    weights: Path,
) -> tuple[list[HeldOutImage], float]:
    """What the weights find at one look and at all that high quality takes, and the seconds of one look."""
    views = views_of(scheme.settings)
    looks = Looks(detector, [weights], views, scheme.image_size, scheme.device, PREDICTION_BATCH, LEAST_CONFIDENCE)
    started = time.monotonic()
    looked = looks.at([(image.image_id, paths[image.image_id]) for image in images])
    by_id = {sample.image_id: sample for sample in labelled.samples(images, paths)}
    return [
        HeldOutImage(
            image.image_id,
            [label_row(labelled.category_ids[index], g) for index, g in by_id[image.image_id].shapes],
            _rows(labelled, looked[image.image_id].plain),
            image.width,
            image.height,
            _rows(labelled, looked[image.image_id].fused),
        )
        for image in images
    ], (time.monotonic() - started) / len(views)


async def earlier_held_out(
    pool: asyncpg.Pool, blobs: BlobStore, project_id: UUID, run_id: UUID
) -> dict[UUID, list[HeldOutImage]]:
    """What the last runs before this one found on their held-out pictures."""
    earlier: dict[UUID, list[HeldOutImage]] = {}
    for row in (await training_rows.runs_before(pool, project_id, run_id))[-COMPARED_WITH:]:
        metrics = msgspec.json.decode(row["metrics"], type=RunMetrics)
        if metrics.held_out is not None:
            try:
                earlier[row["run_id"]] = await load_held_out(blobs, metrics.held_out.digest)
            except FileNotFoundError:
                continue
    return earlier


def _rows(
    labelled: LabelledSet, detections: Sequence[Detection]
) -> list[tuple[UUID, float, float, float, float, float]]:
    return [found_row(labelled.category_ids[d.class_index], d.geometry, d.confidence) for d in detections]
