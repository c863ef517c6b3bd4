"""Which automatically annotated picture a person should check first (learning.md 4.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.evaluation import SIZE_BUCKETS, Category, Found, JudgedImage, matches
from domain.geometry import Box
from worker.acquire.pool import Pool
from worker.acquire.uncertainty import NEIGHBOURS, probable_misses
from worker.calibrate import Calibration

OPEN_S, CHECK_S = 2.0, 0.3
"""Seconds to open a picture and to check one shown box."""
STRICT_IOU = 0.75
PRIOR_BOXES = 10
UNKNOWN_LOCATION_ERROR = 0.2

LocationErrors = Mapping[tuple[Category, str], float]


@dataclass(frozen=True)
class ReviewItem:
    """`corrections`: expected number of boxes to delete, add, rename or move; `per_second` sorts the queue."""

    image: int
    corrections: float
    seconds: float
    reason: str

    @property
    def per_second(self) -> float:
        return self.corrections / self.seconds


def review_order(
    images: Sequence[Sequence[Found]],
    shown_from: Mapping[Category, float],
    calibrations: Mapping[Category, Calibration],
    location_errors: LocationErrors | None = None,
    agreements: Sequence[float] | None = None,
) -> list[ReviewItem]:
    """The pictures, the most expected corrections per second of human time first; ties by place.

    `images`: all detections of each, from about 0.01 on; `shown_from`: the confidence from which a category's boxes are
    shown or accepted; `calibrations`: what a confidence is worth, out of fold. `location_errors` from
    `location_error_rates`; `agreements`: F1 with the mirrored picture or another fold, which raises the expectation up
    to twofold. A box in the wrong category is already counted as a shown box that is not right.
    Raises KeyError for a detection of a category that neither threshold nor calibration knows.
    """
    items = [
        _item(
            place,
            found,
            shown_from,
            calibrations,
            location_errors or {},
            1.0 if agreements is None else agreements[place],
        )
        for place, found in enumerate(images)
    ]
    return sorted(items, key=lambda item: (-item.per_second, item.image))


def location_error_rates(images: Sequence[JudgedImage], min_confidence: float = 0.25) -> LocationErrors:
    """By (category, size bucket): the share of right boxes that sit badly (IoU 0.5 to 0.75), from judged pictures.

    Drawn towards the category's own rate where a bucket has few boxes.
    """
    seen: dict[tuple[Category, str], list[bool]] = {}
    for image in images:
        for match in matches(image, 0.5, min_confidence):
            if match.label is not None:
                found = image.found[match.found]
                seen.setdefault((found.category, size_bucket(found.box)), []).append(match.iou < STRICT_IOU)
    rates: dict[tuple[Category, str], float] = {}
    for category in {category for category, _ in seen}:
        every = [bad for (other, _), flags in seen.items() if other == category for bad in flags]
        mean = (sum(every) + UNKNOWN_LOCATION_ERROR * PRIOR_BOXES) / (len(every) + PRIOR_BOXES)
        for bucket in SIZE_BUCKETS:
            flags = seen.get((category, bucket), [])
            rates[category, bucket] = (sum(flags) + mean * PRIOR_BOXES) / (len(flags) + PRIOR_BOXES)
    return rates


def probably_missed(pool: Pool) -> list[tuple[int, float]]:
    """(row, mean boxes on its most similar labelled images) of the pictures predicted as empty whose neighbours have
    objects, the fullest neighbourhood first. `pool` carries predictions and `labelled_boxes`."""
    rows = probable_misses(pool)
    if not rows.size:
        return []
    counts = np.asarray(pool.labelled_boxes, np.float64)
    similarity = pool.rows(rows) @ pool.rows(pool.labelled).T
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :NEIGHBOURS]
    expected = counts[nearest].mean(axis=1)
    order = np.lexsort((rows, -expected))
    return [(int(rows[i]), float(expected[i])) for i in order]


def size_bucket(box: Box) -> str:
    area = box.width * box.height
    return next((name for name, (low, high) in SIZE_BUCKETS.items() if low <= area < high), "large")


def _item(
    place: int,
    found: Sequence[Found],
    shown_from: Mapping[Category, float],
    calibrations: Mapping[Category, Calibration],
    location_errors: LocationErrors,
    agreement: float,
) -> ReviewItem:
    wrong = hidden = moved = 0.0
    shown = 0
    for one in found:
        right = float(calibrations[one.category].probability(np.array([one.confidence]))[0])
        if one.confidence >= shown_from[one.category]:
            shown += 1
            wrong += 1 - right
            moved += right * location_errors.get((one.category, size_bucket(one.box)), UNKNOWN_LOCATION_ERROR)
        else:
            hidden += right
    corrections = (wrong + hidden + moved) * (2 - agreement)
    parts = [f"{wrong:.1f} wrong", f"{hidden:.1f} missing", f"{moved:.1f} badly placed"]
    unsure = "" if agreement >= 0.9 else f", mirrored or other opinion agrees only {agreement:.0%}"
    reason = f"about {', '.join(parts)}, of {shown} boxes{unsure}"
    return ReviewItem(place, corrections, OPEN_S + CHECK_S * shown, reason)
