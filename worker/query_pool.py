"""What a query batch is chosen from: the project at one log position, as the acquisition functions take it."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from adapters import query_batch_rows, training_rows
from adapters.database import Connection
from adapters.embedding_rows import fetch_space
from adapters.project_rows import RESOLVED
from adapters.query_batch_rows import LABELLED_STATES, PoolImage
from domain.selection import LoopFacts
from worker.acquire import Pool, Predictions
from worker.acquire.uncertainty import category_weights
from worker.vectors import Vectors, read_vectors


@dataclass(frozen=True)
class QueryPool:
    position: int
    ids: list[UUID]
    """Of the pool's rows, sorted."""
    pool: Pool
    embedder: str | None
    run_id: UUID | None
    digest: str
    """SHA-256 over everything the choice depends on but the function, its budget and its seed."""


async def read_query_pool(connection: Connection, project_id: UUID, *, needs_vectors: bool) -> QueryPool:
    """All of it in `connection`'s one snapshot. Images without a vector are left out where vectors are needed."""
    position = int(await connection.fetchval("SELECT position FROM log_head WHERE id = 1") or 0)
    images = await query_batch_rows.pool_images(connection, project_id)
    vectors, embedder = None, None
    if needs_vectors and (space := await fetch_space(connection, project_id)) is not None:
        vectors, embedder = await read_vectors(connection, project_id, space), space.embedder
    if needs_vectors:
        embedded = set(vectors.ids) if vectors else set[UUID]()
        images = [image for image in images if image.image_id in embedded]
    reading = _Reading(images, _matrix(images, vectors))
    names = await _category_names(connection, project_id)
    boxes = await query_batch_rows.labelled_boxes(connection, project_id)
    run = await training_rows.predicting_run(connection, project_id) if needs_vectors else None
    predictions = None
    if run is not None:
        predicted = await query_batch_rows.predicted_images(connection, run.run_id)
        predictions = reading.predictions(
            predicted, await query_batch_rows.predicted_boxes(connection, run.run_id), names
        )
    metrics: dict[str, Any] = msgspec.json.decode(run.metrics) if run and run.metrics else {}
    pool = reading.pool(boxes, names, predictions, metrics.get("map50"), _precisions(metrics))
    return QueryPool(
        position,
        [image.image_id for image in images],
        pool,
        embedder,
        run.run_id if run else None,
        _digest([image.image_id for image in images], pool),
    )


class _Reading:
    def __init__(self, images: list[PoolImage], matrix: np.ndarray) -> None:
        self._images = images
        self._matrix = matrix
        self._row = {image.image_id: row for row, image in enumerate(images)}
        self._labelled = np.array([r for r, i in enumerate(images) if i.state in LABELLED_STATES], np.int64)
        self._unavailable = np.array(
            [r for r, i in enumerate(images) if not i.candidate and i.state not in LABELLED_STATES], np.int64
        )

    def predictions(
        self,
        predicted: list[UUID],
        boxes: list[query_batch_rows.PredictedBox],
        names: dict[UUID, str],
    ) -> Predictions | None:
        order = tuple(sorted(set(names.values())))
        known = [box for box in boxes if box.image_id in self._row and box.category_id in names]
        rows = np.array([self._row[image_id] for image_id in predicted if image_id in self._row], np.int64)
        if not rows.size:
            return None
        return Predictions(
            rows=np.array([self._row[box.image_id] for box in known], np.int64),
            confidences=np.array([box.confidence for box in known], np.float32),
            categories=np.array([order.index(names[box.category_id]) for box in known], np.int64),
            predicted_rows=rows,
            category_names=order,
        )

    def pool(
        self,
        boxes: list[tuple[UUID, UUID, int]],
        names: dict[UUID, str],
        predictions: Predictions | None,
        map50: float | None,
        precisions: dict[str, float],
    ) -> Pool:
        per_category: Counter[str] = Counter(dict.fromkeys(names.values(), 0))
        examples: dict[str, list[int]] = {}
        for image_id, category_id, count in boxes:
            if (name := names.get(category_id)) is not None:
                per_category[name] += count
                if (row := self._row.get(image_id)) is not None:
                    examples.setdefault(name, []).append(row)
        facts = LoopFacts(len(self._labelled), dict(per_category), map50, predictions is not None)
        return Pool(
            vectors=self._matrix,
            labelled=self._labelled,
            unavailable=self._unavailable,
            groups=self._groups(),
            predictions=predictions,
            labelled_boxes=np.array([self._images[row].boxes for row in self._labelled], np.int64),
            category_weights=_weights(predictions, precisions, per_category),
            rare_examples={
                name: self._matrix[sorted(set(examples[name]))].astype(np.float32)
                for name in facts.rare_categories
                if name in examples
            },
            facts=facts,
        )

    def _groups(self) -> np.ndarray:
        first: dict[UUID, int] = {}
        return np.array(
            [first.setdefault(i.near_duplicate_group or i.image_id, row) for row, i in enumerate(self._images)],
            np.int64,
        )


def _precisions(metrics: dict[str, Any]) -> dict[str, float]:
    """ap50_95 by category name, as far as the run was measured."""
    return {one["name"]: one["ap50_95"] for one in metrics.get("per_category", ()) if one.get("ap50_95") is not None}


def _weights(
    predictions: Predictions | None, precisions: dict[str, float], boxes: Mapping[str, int]
) -> np.ndarray | None:
    """Difficult and rare categories count for more in an uncertainty."""
    if predictions is None:
        return None
    names = predictions.category_names
    known = np.array([precisions.get(name, np.nan) for name in names])
    return category_weights(known, np.array([boxes.get(name, 0) for name in names]))


def _matrix(images: list[PoolImage], vectors: Vectors | None) -> np.ndarray:
    """Rows in the images' order; without vectors all are alike, which `random` does not mind."""
    if vectors is None:
        return np.ones((len(images), 1), np.float32)
    if len(vectors.ids) == len(images):
        return vectors.matrix
    wanted = {image.image_id for image in images}
    return vectors.matrix[[row for row, image_id in enumerate(vectors.ids) if image_id in wanted]]


async def _category_names(connection: Connection, project_id: UUID) -> dict[UUID, str]:
    """Raw category id -> name of the active category it counts as."""
    rows = await connection.fetch(
        f"SELECT r.category_id, c.name FROM ({RESOLVED}) r JOIN categories c ON c.category_id = r.resolved_id",
        project_id,
    )
    return {row[0]: row[1] for row in rows}


def _digest(ids: list[UUID], pool: Pool) -> str:
    digest = hashlib.sha256(b"".join(ids[row].bytes for row in pool.candidates))
    digest.update(b"".join(ids[row].bytes for row in pool.taken))
    parts: list[np.ndarray | None] = [pool.vectors, pool.groups]
    if pool.predictions is not None:
        parts += [pool.predictions.rows, pool.predictions.confidences, pool.predictions.categories]
        parts.append(pool.category_weights)
    for part in (part for part in parts if part is not None):
        digest.update(np.ascontiguousarray(part).data)
    digest.update(msgspec.json.encode(pool.facts, order="deterministic"))
    return digest.hexdigest()
