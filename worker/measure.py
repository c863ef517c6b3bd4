"""From what a run found on held-out pictures to its figures, promises and thresholds (domain/run_metrics)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from adapters.held_out import HeldOutImage
from domain.evaluation import JudgedImage
from domain.run_metrics import (
    CategoryMetrics,
    Curve,
    HeldOut,
    LocationErrors,
    Misses,
    PairedDifference,
    PromisedPrecision,
    Range,
    RunMetrics,
    confusion_cells,
    size_metrics,
)
from worker.calibrate import Calibration, Promise, miss_bound
from worker.evaluate import Interval, compare_runs, evaluate_run
from worker.trust import Trust

MISS_ALPHA = 0.1


def run_metrics(
    images: Sequence[HeldOutImage],
    held_out: HeldOut,
    category_ids: Sequence[UUID],
    category_names: Sequence[str],
    trust: Trust,
    *,
    labelled_images: int,
    seconds_per_image: float,
    earlier: Mapping[UUID, Sequence[HeldOutImage]],
) -> RunMetrics:
    """Everything that the run can say about itself: figures of the detector's own confidences, promises and thresholds
    of the rescored ones. `earlier`: held-out pictures of the project's earlier runs."""
    evaluated = evaluate_run([image.judged() for image in images], category_ids)
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
            promise=promised(trust.promises[category_id]),
            show_from=trust.shown_from[category_id],
            calibration=_curve(trust.calibrations[category_id]),
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
        sizes=size_metrics(figures),
        confusion=confusion_cells(figures),
        location_errors=[
            LocationErrors(UUID(str(category)), bucket, round(rate, 4))
            for (category, bucket), rate in trust.location_errors.items()
        ],
        misses=_misses(trust.judged) if held_out.kind == "audit" else None,
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


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
