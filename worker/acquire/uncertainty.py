"""How unsure the detector is about each picture, per second that a person would spend on it (learning.md 1.3)."""

import numpy as np

from domain.errors import InvalidInput
from domain.selection import UncertaintyAggregation, UncertaintyMeasure
from worker.acquire.pool import Pick, Pool, Predictions

MIN_CONFIDENCE = 0.05
BOXES_AT_MOST = 50
OPEN_S, BOX_S = 4.0, 7.0
"""Seconds to open a picture and to draw a box: what `per_second` divides by."""
NEIGHBOURS = 5


def uncertainty(
    pool: Pool,
    budget: int,
    seed: int,
    *,
    measure: UncertaintyMeasure = "entropy",
    aggregation: UncertaintyAggregation = "per_second",
) -> list[Pick]:
    """The `budget` most uncertain pictures; score = `image_uncertainty`. `seed` is not used.

    Raises InvalidInput when the pool carries no predictions.
    """
    scores = scores_of(pool, measure, aggregation)
    candidates = pool.candidates
    order = np.lexsort((candidates, -scores[candidates]))[:budget]
    return [Pick(int(row), float(scores[row]), reason_for(pool, int(row))) for row in candidates[order]]


def scores_of(
    pool: Pool, measure: UncertaintyMeasure = "entropy", aggregation: UncertaintyAggregation = "per_second"
) -> np.ndarray:
    """float32 (n,): `image_uncertainty`, with the median where there is none to be had.

    The median goes to rows that were not predicted, and to rows without a box whose labelled neighbours mostly have
    boxes: probable misses, which would otherwise never be looked at.
    """
    if pool.predictions is None or not len(pool.predictions.predicted_rows):
        raise InvalidInput("uncertainty needs predictions: train a run and predict the pool first")
    scores = image_uncertainty(pool.predictions, len(pool), measure, aggregation, pool.category_weights)
    known = scores[np.isfinite(scores) & (scores > 0)]
    median = float(np.median(known)) if known.size else 0.0
    scores[np.isnan(scores)] = median
    scores[probable_misses(pool)] = median
    return scores


def image_uncertainty(
    predictions: Predictions,
    count: int,
    measure: UncertaintyMeasure = "entropy",
    aggregation: UncertaintyAggregation = "per_second",
    category_weights: np.ndarray | None = None,
) -> np.ndarray:
    """float32 (count,): NaN where not predicted, 0 without boxes; bigger is more uncertain.

    Of each row the 50 most confident boxes from 0.05 on. `sum` favours crowded pictures, `mean` is washed out by easy
    boxes, `max` hunts outliers; `per_second` is the sum over 4 s + 7 s times the expected number of boxes.
    """
    kept = _strongest(predictions)
    rows, confidence = predictions.rows[kept], predictions.confidences[kept].astype(np.float64)
    boxes = box_uncertainty(predictions, measure)[kept]
    if category_weights is not None:
        boxes = boxes * category_weights[predictions.categories[kept]]
    total = np.bincount(rows, boxes, minlength=count)
    number = np.bincount(rows, minlength=count)
    match aggregation:
        case "sum":
            image = total
        case "mean":
            image = total / np.maximum(number, 1)
        case "max":
            image = np.zeros(count)
            np.maximum.at(image, rows, boxes)
        case "per_second":
            image = total / (OPEN_S + BOX_S * np.bincount(rows, confidence, minlength=count))
    result = np.full(count, np.nan, np.float32)
    result[predictions.predicted_rows] = image[predictions.predicted_rows]
    return result


def box_uncertainty(predictions: Predictions, measure: UncertaintyMeasure) -> np.ndarray:
    """float64 (m,) per box, 0 to 1 (entropy in bits).

    YOLO's categories are independent sigmoids, so entropy is the binary one of the best category. The margin is that
    to the second best category, or where the detector tells only one score, that to "no object".
    """
    p = np.clip(predictions.confidences.astype(np.float64), 1e-9, 1 - 1e-9)
    match measure:
        case "entropy":
            return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
        case "least_confidence":
            return 1 - p
        case "margin":
            scores = predictions.category_scores
            if scores is None or scores.shape[1] < 2:
                return 1 - np.abs(2 * p - 1)
            best = np.partition(scores.astype(np.float64), -2, axis=1)
            return 1 - (best[:, -1] - best[:, -2])


def category_weights(average_precision: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """float64 (categories,): 1 to 1.2 for difficulty (PPAL's DCUS, from out-of-fold AP), times 1 to 3 for rarity.

    `average_precision` 0 to 1, NaN for unknown (taken as 0); `boxes` labelled boxes per category.
    """
    alpha, beta = 0.3, 0.2
    difficulty = 1 - np.nan_to_num(np.asarray(average_precision, np.float64))
    hard = 1 + alpha * beta * np.log(np.expm1(1 / alpha) * difficulty + 1)
    boxes = np.asarray(boxes, np.float64)
    rare = np.clip(boxes.mean() / np.maximum(boxes, 1), 1, 3) if boxes.size else np.ones(0)
    return hard * rare


def probable_misses(pool: Pool) -> np.ndarray:
    """Rows predicted as empty of which most of the 5 most similar labelled images have boxes."""
    predictions = pool.predictions
    if predictions is None or pool.labelled_boxes is None or not pool.labelled.size:
        return np.empty(0, np.int64)
    shown = predictions.rows[predictions.confidences >= MIN_CONFIDENCE]
    empty = np.setdiff1d(np.intersect1d(predictions.predicted_rows, pool.candidates), shown)
    filled = np.asarray(pool.labelled_boxes) > 0
    labelled = pool.rows(pool.labelled)
    neighbours = min(NEIGHBOURS, len(labelled))
    missing = np.zeros(len(empty), np.bool_)
    for start in range(0, len(empty), 4_096):
        similarity = pool.rows(empty[start : start + 4_096]) @ labelled.T
        nearest = np.argpartition(-similarity, neighbours - 1, axis=1)[:, :neighbours]
        missing[start : start + 4_096] = filled[nearest].mean(axis=1) > 0.5
    return empty[missing]


def reason_for(pool: Pool, row: int) -> str:
    predictions = pool.predictions
    if predictions is None or row not in predictions.predicted_rows:
        return "not predicted yet"
    confidences = predictions.confidences[predictions.rows == row]
    confidences = confidences[confidences >= MIN_CONFIDENCE]
    if not confidences.size:
        return "no box predicted, though similar labelled pictures have some"
    unsure = float(confidences[np.abs(confidences - 0.5).argmin()])
    return f"{len(confidences)} predicted boxes, the least certain at confidence {unsure:.2f}"


def _strongest(predictions: Predictions) -> np.ndarray:
    """Positions of the boxes that count: confident enough, and among the 50 most confident of their row."""
    confident = np.flatnonzero(predictions.confidences >= MIN_CONFIDENCE)
    order = confident[np.lexsort((-predictions.confidences[confident], predictions.rows[confident]))]
    rows = predictions.rows[order]
    starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]])) if rows.size else rows
    rank = np.arange(len(rows)) - np.repeat(starts, np.diff(np.concatenate([starts, [len(rows)]])))
    return np.sort(order[rank < BOXES_AT_MOST])
