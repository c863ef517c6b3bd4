"""Pools that read well in tests: unit vectors in clumps, with labels, duplicates and predictions on request."""

import numpy as np

from domain.selection import LoopFacts
from worker.acquire import Pool, Predictions

NAMES = ("red", "white")


def unit(rows: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows, np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def clumps(count: int, clusters: int = 6, dim: int = 16, spread: float = 0.25, seed: int = 0) -> np.ndarray:
    """(count, dim) unit rows around `clusters` directions, taken in turn."""
    generator = np.random.default_rng(seed)
    middles = unit(generator.standard_normal((clusters, dim)))
    return unit(middles[np.arange(count) % clusters] + spread * generator.standard_normal((count, dim)) / dim**0.5)


def predictions_for(count: int, seed: int = 0, boxes: int = 3) -> Predictions:
    """`boxes` per row, spread over the whole range of confidences."""
    generator = np.random.default_rng(seed)
    rows = np.repeat(np.arange(count), boxes)
    scores = generator.uniform(0.06, 0.99, (len(rows), 2)).astype(np.float32)
    return Predictions(
        rows=rows,
        confidences=scores.max(axis=1),
        categories=scores.argmax(axis=1),
        predicted_rows=np.arange(count),
        category_names=NAMES,
        category_scores=scores,
    )


def pool_of(vectors: np.ndarray, labelled: tuple[int, ...] | range = (), **more) -> Pool:
    """A pool that every acquisition function can work on."""
    rows = np.array(list(labelled), np.int64)
    given = {
        "predictions": predictions_for(len(vectors)),
        "labelled_boxes": np.full(len(rows), 4),
        "facts": LoopFacts(len(rows), dict.fromkeys(NAMES, 2 * len(rows)), 0.6, has_predictions=True),
    }
    return Pool(vectors, rows, **(given | more))
