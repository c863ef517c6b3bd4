"""Predictions in bulk: which images want some, writing a batch of them under the job's fence, and reading queues."""

import hashlib
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from adapters.database import Connection
from adapters.image_rows import IMAGE_COLUMNS, PREDICTIONS_OF_IMAGE
from domain.errors import Conflict
from domain.geometry import Geometry, bounding_box
from domain.ports import Guard

PredictionState = Literal["open", "accepted"]
QueueOrder = Literal["expected_corrections", "disagreement", "label_errors", "uncertainty", "probably_missed"]

PREDICTION_COLUMNS = [
    "prediction_id", "project_id", "image_id", "run_id", "job_id", "category_id", "geometry", "x", "y", "width",
    "height", "confidence", "state",
]  # fmt: skip

TO_REVIEW = ["unlabelled", "in_progress", "auto"]
"""States of pictures that a prediction still helps with."""


class ImageToPredict(msgspec.Struct, frozen=True):
    image_id: UUID
    file_name: str
    digest: str
    width: int
    height: int
    state: str
    version: int
    human_version: int


class NewPrediction(msgspec.Struct, frozen=True):
    prediction_id: UUID
    category_id: UUID
    geometry: Geometry
    confidence: float
    state: PredictionState = "open"


class PredictedImage(msgspec.Struct, frozen=True):
    """One image's share of a run: its predictions, and what the gallery filters and the queues order by."""

    image_id: UUID
    predictions: Sequence[NewPrediction]
    uncertainty: float
    expected_corrections: float | None
    """Per second of human time."""
    details: dict[str, object]


class LostFence(Conflict):
    """The job was cancelled or taken over: its effects are refused."""


async def images_to_predict(
    pool: asyncpg.Pool, project_id: UUID, states: Sequence[str], image_ids: Sequence[UUID] | None
) -> list[ImageToPredict]:
    """In upload order; each with the version that an accepting job has to find unchanged."""
    rows = await pool.fetch(
        "SELECT image_id, file_name, digest, width, height, state, version, human_version FROM images "
        "WHERE project_id = $1 AND NOT trashed AND NOT erased AND state = ANY($2::text[]) "
        "AND ($3::uuid[] IS NULL OR image_id = ANY($3)) ORDER BY position",
        project_id,
        list(states),
        None if image_ids is None else list(image_ids),
    )
    return [ImageToPredict(*row) for row in rows]


async def predicted_by(pool: asyncpg.Pool, job_id: UUID) -> set[UUID]:
    """Images that an earlier attempt of this job has finished."""
    return {
        row["image_id"] for row in await pool.fetch("SELECT image_id FROM image_predictions WHERE job_id = $1", job_id)
    }


async def require_fence(connection: Connection, fence: Guard) -> None:
    """Hold the job's stream still until the transaction ends. Raises LostFence when it has moved."""
    version = await connection.fetchval("SELECT version FROM streams WHERE stream_id = $1 FOR SHARE", fence.stream_id)
    if version != fence.version:
        raise LostFence("The job has lost its lease or was cancelled; this effect of it is refused.")


async def write_predictions(
    connection: Connection, project_id: UUID, run_id: UUID, job_id: UUID, images: Sequence[PredictedImage]
) -> None:
    """In the caller's transaction: older open predictions of these images are superseded, the new ones copied in.

    An image erased meanwhile gets none.
    """
    rows = await connection.fetch(
        "SELECT image_id FROM images WHERE image_id = ANY($1::uuid[]) AND NOT erased",
        [image.image_id for image in images],
    )
    here = {row["image_id"] for row in rows}
    images = [image for image in images if image.image_id in here]
    ids = [image.image_id for image in images]
    await connection.execute(
        "UPDATE predictions SET state = 'superseded' WHERE image_id = ANY($1::uuid[]) AND state = 'open'", ids
    )
    await connection.execute(
        "DELETE FROM image_predictions WHERE image_id = ANY($1::uuid[]) AND run_id = $2", ids, run_id
    )
    await connection.copy_records_to_table(
        "predictions",
        records=[
            _row(project_id, image.image_id, run_id, job_id, one) for image in images for one in image.predictions
        ],
        columns=PREDICTION_COLUMNS,
    )
    await connection.copy_records_to_table(
        "image_predictions",
        records=[_summary(project_id, run_id, job_id, image) for image in images],
        columns=[
            "image_id",
            "run_id",
            "project_id",
            "job_id",
            "count",
            "max_confidence",
            "min_confidence",
            "uncertainty",
            "expected_corrections",
            "details",
        ],
    )


async def prediction_totals(pool: asyncpg.Pool, job_id: UUID) -> tuple[int, int, str]:
    """(images, predictions, SHA-256 over the rows in image order): what the log keeps of a bulk of predictions."""
    images = await pool.fetchval("SELECT count(*) FROM image_predictions WHERE job_id = $1", job_id)
    digest, count = hashlib.sha256(), 0
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute("SET LOCAL transaction_timeout = 0")
        async for row in connection.cursor(
            "SELECT image_id, category_id, geometry, confidence FROM predictions WHERE job_id = $1 "
            "ORDER BY image_id, prediction_id",
            job_id,
            prefetch=5_000,
        ):
            image_id, category_id, geometry, confidence = row
            digest.update(image_id.bytes + category_id.bytes + bytes(geometry) + repr(confidence).encode())
            count += 1
    return images, count, digest.hexdigest()


async def images_accepted_by(pool: asyncpg.Pool, job_id: UUID) -> list[UUID]:
    rows = await pool.fetch(
        "SELECT DISTINCT image_id FROM predictions WHERE job_id = $1 AND state = 'accepted' ORDER BY image_id", job_id
    )
    return [row["image_id"] for row in rows]


async def accepted_ids(pool: asyncpg.Pool, job_id: UUID, image_ids: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    """The accepted predictions of a job, by image."""
    found: dict[UUID, set[UUID]] = {image_id: set() for image_id in image_ids}
    for row in await pool.fetch(
        "SELECT image_id, prediction_id FROM predictions WHERE job_id = $1 AND image_id = ANY($2::uuid[]) "
        "AND state = 'accepted'",
        job_id,
        list(image_ids),
    ):
        found[row["image_id"]].add(row["prediction_id"])
    return found


async def supersede_reopened(pool: asyncpg.Pool, image_ids: Sequence[UUID]) -> None:
    """Predictions whose acceptance was undone are proposals again, unless a later job has replaced them."""
    await pool.execute(
        "UPDATE predictions p SET state = 'superseded' WHERE p.image_id = ANY($1::uuid[]) AND p.state = 'open' "
        "AND EXISTS (SELECT FROM predictions o WHERE o.image_id = p.image_id AND o.job_id > p.job_id)",
        list(image_ids),
    )


_ORDER_VALUE: dict[QueueOrder, str] = {
    "expected_corrections": "ip.expected_corrections",
    "uncertainty": "ip.uncertainty",
    "disagreement": "(ip.details ->> 'disagreement')::double precision",
    "label_errors": "1 - (ip.details ->> 'label_quality')::double precision",
    "probably_missed": "(ip.details ->> 'neighbours_boxes')::double precision",
}


async def review_queue(
    pool: asyncpg.Pool,
    project_id: UUID,
    run_id: UUID,
    order: QueueOrder,
    *,
    after: tuple[float, UUID] | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Images with `value`, bigger first, and `details`: finished for disagreement and label errors, else the rest."""
    value = _ORDER_VALUE[order]
    labelled = order in ("disagreement", "label_errors")
    return await pool.fetch(
        f"SELECT {IMAGE_COLUMNS}, i.value, i.details FROM (SELECT images.*, {value} AS value, ip.details "
        "FROM image_predictions ip JOIN images USING (image_id) "
        "WHERE ip.run_id = $1 AND images.project_id = $2 AND NOT images.trashed AND NOT images.erased "
        f"AND {value} IS NOT NULL AND (images.state = ANY($3::text[])) <> $4 "
        f"AND ($5::double precision IS NULL OR ({value}, images.image_id) < ($5, $6::uuid)) "
        f"ORDER BY {value} DESC, images.image_id DESC LIMIT $7) i {PREDICTIONS_OF_IMAGE} "
        "ORDER BY i.value DESC, i.image_id DESC",
        run_id,
        project_id,
        TO_REVIEW,
        labelled,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )


def _row(project_id: UUID, image_id: UUID, run_id: UUID, job_id: UUID, one: NewPrediction) -> tuple[object, ...]:
    box = bounding_box(one.geometry)
    return (
        one.prediction_id, project_id, image_id, run_id, job_id, one.category_id, msgspec.json.encode(one.geometry),
        box.x, box.y, box.width, box.height, one.confidence, one.state,
    )  # fmt: skip


def _summary(project_id: UUID, run_id: UUID, job_id: UUID, image: PredictedImage) -> tuple[object, ...]:
    confidences = [one.confidence for one in image.predictions] or [0.0]
    return (
        image.image_id, run_id, project_id, job_id, len(image.predictions), max(confidences), min(confidences),
        image.uncertainty, image.expected_corrections, msgspec.json.encode(image.details),
    )  # fmt: skip
