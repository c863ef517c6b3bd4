"""From what a run found on held-out pictures to its figures, promises and thresholds (domain/run_metrics)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np

from adapters.held_out import HeldOutImage
from domain.evaluation import BACKGROUND, Category, JudgedImage
from domain.run_metrics import (
    CategoryMetrics,
    ConfusionCell,
    Curve,
    HeldOut,
    LocationErrors,
    Misses,
    PairedDifference,
    PromisedPrecision,
    Range,
    RunMetrics,
    SizeMetrics,
)
from worker.calibrate import Calibration, Promise, accept_promises, calibrate, checked_boxes, miss_bound
from worker.evaluate import Interval, compare_runs, evaluate_run
from worker.review_order import location_error_rates

MISS_ALPHA = 0.1
DRAW_S, ADJUST_S, DELETE_S, ADJUSTED_SHARE = 7.0, 4.0, 1.5, 0.2
"""Seconds to draw, adjust and delete a box (learning.md 7.5), and how many right boxes need adjusting."""
WORTH_SHOWING = DELETE_S / (DELETE_S + DRAW_S - ADJUST_S * ADJUSTED_SHARE)
"""A box that is right with this probability p costs the same shown, p * adjusting + (1 - p) * deleting, as hidden,
p * drawing."""
SHOW_UNKNOWN_FROM = 0.25
LEAST_SHOWN = 0.05


def run_metrics(
    images: Sequence[HeldOutImage],
    held_out: HeldOut,
    category_ids: Sequence[UUID],
    category_names: Sequence[str],
    *,
    labelled_images: int,
    target_precision: float,
    seconds_per_image: float,
    earlier: Mapping[UUID, Sequence[HeldOutImage]],
) -> RunMetrics:
    """Everything that the run can say about itself. `earlier`: held-out pictures of the project's earlier runs."""
    judged = [image.judged() for image in images]
    evaluated = evaluate_run(judged, category_ids)
    boxes = checked_boxes(judged)
    promises = accept_promises(boxes, category_ids, target_precision)
    curves = calibrate(boxes, category_ids)
    figures = evaluated.figures
    per_category = [
        CategoryMetrics(
            category_id=category_id,
            name=name,
            ap50=evaluated.ap50[category_id].value,
            ap50_95=evaluated.ap50_95[category_id].value,
            ap50_interval=_range(evaluated.ap50[category_id]),
            ap50_95_interval=_range(evaluated.ap50_95[category_id]),
            precision=figures.categories[category_id].precision,
            recall=figures.categories[category_id].recall,
            labels=figures.categories[category_id].labels,
            found=figures.categories[category_id].found,
            promise=promised(promises[category_id]),
            show_from=show_from(curves[category_id]),
            calibration=_curve(curves[category_id]),
        )
        for category_id, name in zip(category_ids, category_names, strict=True)
    ]
    return RunMetrics(
        map50=figures.map50,
        map50_95=figures.map50_95,
        precision=_mean([one.precision for one in per_category]),
        recall=_mean([one.recall for one in per_category]),
        images=len(images),
        labelled_images=labelled_images,
        held_out=held_out,
        interval={"map50": _range(evaluated.map50), "map50_95": _range(evaluated.map50_95)},
        per_category=per_category,
        sizes=[SizeMetrics(bucket, *figures.sizes[bucket]) for bucket in ("small", "medium", "large")],
        confusion=[
            ConfusionCell(_cell(true), _cell(predicted), count)
            for true, row in figures.confusion.items()
            for predicted, count in row.items()
        ],
        location_errors=[
            LocationErrors(UUID(str(category)), bucket, round(rate, 4))
            for (category, bucket), rate in location_error_rates(judged).items()
        ],
        misses=_misses(judged) if held_out.kind == "audit" else None,
        compared=[d for run_id, before in earlier.items() if (d := paired(run_id, before, images, category_ids))],
        seconds_per_image=round(seconds_per_image, 5),
    )


def unmeasured(labelled_images: int) -> RunMetrics:
    """Of a run without held-out pictures: no interval, so no number."""
    nothing = Range(None, None)
    return RunMetrics(None, None, None, None, 0, labelled_images, None, {"map50": nothing, "map50_95": nothing}, [])


def paired(
    run_id: UUID, before: Sequence[HeldOutImage], after: Sequence[HeldOutImage], category_ids: Sequence[UUID]
) -> PairedDifference | None:
    """This run minus an earlier one on the pictures held out from both; None with fewer than two of those."""
    old = {image.image_id: image.found for image in before}
    common = [image for image in after if image.image_id in old]
    if len(common) < 2:
        return None
    new = [image.judged() for image in common]
    # Judged by today's labels, which may have been corrected since.
    past = [HeldOutImage(image.image_id, image.labels, old[image.image_id]).judged() for image in common]
    difference = compare_runs(past, new, category_ids)
    clear = difference.clear
    return PairedDifference(
        run_id,
        len(common),
        difference.map50.value,
        _range(difference.map50),
        difference.map50_95.value,
        _range(difference.map50_95),
        1 if clear > 0 else -1 if clear < 0 else 0,
    )


def promised(promise: Promise) -> PromisedPrecision:
    return PromisedPrecision(
        promise.target,
        promise.threshold,
        promise.precision,
        promise.lower_bound,
        promise.checked,
        promise.more_boxes,
        promise.pooled,
        promise.sentence,
    )


def show_from(curve: Calibration) -> float:
    """The confidence from which showing a box saves time; a fixed one where too few boxes were checked to say."""
    if curve.method == "rate":
        return SHOW_UNKNOWN_FROM
    grid = np.arange(LEAST_SHOWN, 1.0, 0.01)
    worth = np.flatnonzero(curve.probability(grid) >= WORTH_SHOWING)
    return round(float(grid[worth[0]]), 2) if worth.size else 0.99


def calibration_of(curve: Curve) -> Calibration:
    return Calibration(curve.method, curve.confidences, curve.probabilities, curve.boxes, curve.raw_ece, curve.ece)


def _curve(calibration: Calibration) -> Curve:
    return Curve(
        calibration.method,
        tuple(round(c, 5) for c in calibration.confidences),
        tuple(round(p, 5) for p in calibration.probabilities),
        calibration.boxes,
        calibration.raw_ece,
        calibration.ece,
    )


def _misses(judged: Sequence[JudgedImage]) -> Misses:
    bound = miss_bound(judged, MISS_ALPHA)
    return Misses(bound.alpha, bound.threshold, bound.missed, bound.images, bound.more_images)


def _range(interval: Interval) -> Range:
    return Range(interval.low, interval.high)


def _cell(category: Category) -> UUID | None:
    return None if category == BACKGROUND else UUID(str(category))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
