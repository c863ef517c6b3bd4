"""What one picture's detections become: shown and accepted boxes, and what they say about the picture itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from adapters.prediction_rows import ImageToPredict, NewPrediction, PredictedImage
from domain.evaluation import Found
from domain.geometry import Geometry, bounding_box
from domain.ids import derived_id
from domain.ports import Detection
from worker.acquire.pool import Predictions
from worker.acquire.uncertainty import BOXES_AT_MOST, MIN_CONFIDENCE, image_uncertainty
from worker.calibrate import Calibration
from worker.calibrate.acceptance import LEAST_CONFIDENCE, Acceptance, rescored
from worker.review_order import LocationErrors, review_order
from worker.trust import SHOW_UNKNOWN_FROM, Trust

UNCALIBRATED = Calibration("rate", (0.0, 1.0), (0.0, 1.0), 0, None, None)
"""Of a run that was never measured: a confidence is taken at its word."""


@dataclass(frozen=True)
class Rules:
    """From which confidence on a category's boxes are shown, and accepted (None: not at all)."""

    category_ids: tuple[UUID, ...]
    shown_from: Mapping[UUID, float]
    accepted_from: Mapping[UUID, float | None]
    calibrations: Mapping[UUID, Calibration]
    location_errors: LocationErrors
    acceptances: Mapping[UUID, Acceptance]


def rules_for(
    trust: Trust | None, category_ids: Sequence[UUID], *, accepting: bool, min_confidence: float | None
) -> Rules:
    """`trust` is None for a run that was never measured. `min_confidence` is one threshold for all: of accepting, or
    else of showing."""
    shown = {c: trust.shown_from[c] if trust else SHOW_UNKNOWN_FROM for c in category_ids}
    if min_confidence is not None and not accepting:
        shown = dict.fromkeys(category_ids, min_confidence)
    accepted: dict[UUID, float | None] = dict.fromkeys(category_ids)
    if accepting and min_confidence is not None:
        accepted = dict.fromkeys(category_ids, min_confidence)
    elif accepting and trust:
        accepted = {c: trust.promises[c].threshold for c in category_ids}
    return Rules(
        tuple(category_ids),
        shown,
        accepted,
        {c: trust.calibrations[c] if trust else UNCALIBRATED for c in category_ids},
        trust.location_errors if trust else {},
        {c: trust.acceptances[c] for c in category_ids if c in trust.acceptances} if trust else {},
    )


def predicted_image(
    image: ImageToPredict, detections: Sequence[Detection], job_id: UUID, rules: Rules, agreed: float | None = None
) -> PredictedImage:
    """The picture's share of the run: boxes from `shown_from` on become predictions, accepted ones among them.

    A box's confidence is what the run's rescoring makes of it, where it has one: on that scale the thresholds lie.
    """
    detections = _rescored(image, detections, rules)
    found = [(rules.category_ids[d.class_index], d.geometry, d.confidence) for d in detections]
    predictions = [
        NewPrediction(
            # Of the picture and its place: a second attempt makes the same ids.
            derived_id(job_id, f"{image.image_id} {place}"),
            category_id,
            _rounded(geometry),
            round(confidence, 5),
            "accepted" if _accepted(category_id, confidence, rules) else "open",
        )
        for place, (category_id, geometry, confidence) in enumerate(found)
        if confidence >= rules.shown_from[category_id] or _accepted(category_id, confidence, rules)
    ]
    boxes = [Found(category_id, bounding_box(geometry), confidence) for category_id, geometry, confidence in found]
    (item,) = review_order(
        [boxes], rules.shown_from, rules.calibrations, rules.location_errors, None if agreed is None else [agreed]
    )
    return PredictedImage(
        image.image_id,
        predictions,
        _uncertainty(detections),
        item.per_second,
        {
            "reason": item.reason,
            "corrections": round(item.corrections, 3),
            "seconds": round(item.seconds, 2),
            "agreement": agreed,
            # What selection looks at: also the boxes that are too unsure to be shown.
            "boxes": [[rules.category_ids[d.class_index], round(d.confidence, 4)] for d in _strongest(detections)],
        },
    )


def _rescored(image: ImageToPredict, detections: Sequence[Detection], rules: Rules) -> list[Detection]:
    known = [d for d in detections if d.confidence >= LEAST_CONFIDENCE]
    boxes = [Found(rules.category_ids[d.class_index], bounding_box(d.geometry), d.confidence) for d in known]
    better = rescored(boxes, image.width, image.height, rules.acceptances)
    return [Detection(d.class_index, d.geometry, one.confidence) for d, one in zip(known, better, strict=True)]


def _accepted(category_id: UUID, confidence: float, rules: Rules) -> bool:
    threshold = rules.accepted_from[category_id]
    return threshold is not None and confidence >= threshold


def _strongest(detections: Sequence[Detection]) -> list[Detection]:
    sure = [d for d in detections if d.confidence >= MIN_CONFIDENCE]
    return sorted(sure, key=lambda d: -d.confidence)[:BOXES_AT_MOST]


def _uncertainty(detections: Sequence[Detection]) -> float:
    found = Predictions(
        rows=np.zeros(len(detections), np.int64),
        confidences=np.array([d.confidence for d in detections], np.float64),
        categories=np.array([d.class_index for d in detections], np.int64),
        predicted_rows=np.zeros(1, np.int64),
    )
    return float(image_uncertainty(found, 1)[0])


def _rounded(geometry: Geometry) -> Geometry:
    """Boxes to a hundredth of a pixel: what lies below is noise."""
    box = bounding_box(geometry)
    if box is not geometry:
        return geometry
    x, y, width, height = (round(edge, 2) for edge in (box.x, box.y, box.width, box.height))
    return type(box)(x, y, max(width, 0.01), max(height, 0.01))
