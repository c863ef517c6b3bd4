"""From which confidence on a precision can be promised, and how many checked boxes are missing until it can."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np
from scipy.stats import beta

from domain.evaluation import Category
from worker.calibrate.checked import CheckedBoxes

RISK = 0.05
"""A promise may be wrong in 1 of 20 cases."""
STEP = 0.01
IMAGES_FOR_BOOTSTRAP = 15
RESAMPLES = 2_000
MOST_BOXES = 10_000
CONFIDENT = 0.1
"""Boxes below this are mostly noise: they are not counted, and no test starts among them."""
STARTS = (1 / 8, 1 / 4, 1 / 2)
"""Shares of the confident boxes, as far as each is twice the faultless minimum."""


@dataclass(frozen=True)
class Promise:
    """What can be said about the boxes of one category.

    `threshold` None: nothing can be promised, review every box; `more_boxes` then says how many more checked boxes of
    this category would do at today's precision, None when no number would. `pooled`: proved together with the other
    categories named in `with_categories`, for which it holds on the whole and not one by one.
    """

    category: Category
    target: float
    threshold: float | None
    precision: float | None
    lower_bound: float | None
    checked: int
    """Checked boxes at or above the threshold; all from confidence 0.1 on where there is none."""
    more_boxes: int | None
    with_categories: tuple[Category, ...] = ()

    @property
    def pooled(self) -> bool:
        return bool(self.with_categories)

    @property
    def sentence(self) -> str:
        if self.threshold is not None:
            together = ", together with other categories" if self.pooled else ""
            return (
                f"at confidence {self.threshold:.2f} and above at least {self.lower_bound:.0%} are right "
                f"({self.precision:.0%} of {self.checked} checked boxes{together})"
            )
        if self.more_boxes is not None:
            plural = "" if self.more_boxes == 1 else "es"
            return f"cannot be promised yet: {self.more_boxes} more checked box{plural} of this category"
        return (
            f"cannot be promised: even of the most confident boxes only {self.precision:.0%} are right; "
            "more checks do not change that, a better model does"
        )


def boxes_without_error(target: float, risk: float = RISK) -> int:
    """How many checked boxes, all right, prove a precision of `target`: 29 for 0.90, 59 for 0.95, 299 for 0.99."""
    return ceil(log(risk) / log(target))


def clopper_pearson_lower(correct: np.ndarray, checked: np.ndarray, risk: float = RISK) -> np.ndarray:
    """Exact one-sided lower bound of a share, float64; 0 where nothing is right."""
    correct, checked = np.asarray(correct, np.float64), np.asarray(checked, np.float64)
    some = correct > 0
    return np.where(some, beta.ppf(risk, np.where(some, correct, 1), checked - correct + 1), 0.0)


def accept_promises(
    boxes: CheckedBoxes, categories: Sequence[Category], target: float = 0.90, risk: float = RISK, seed: int = 0
) -> Mapping[Category, Promise]:
    """Per category the lowest confidence from which precision >= `target` is proved at level 1 - `risk`.

    Fixed-sequence test (learning.md 4.2): start where twice the minimum of boxes lies above, chosen from confidences
    alone, walk down in steps of 0.01 while the lower bound stays at the target, stop at the first failure; so
    looking at many thresholds costs no confidence. With many boxes that first step looks at a small part of them and
    two unlucky errors there would end it, so the starts are then an eighth, a quarter and half of the confident boxes,
    which share the risk equally (Learn then Test, Angelopoulos et al. 2021). The bound is Clopper-Pearson, or the
    bootstrap over images where there are 15 and it is smaller. Categories that fail alone are pooled with each other
    and tested once more; one that is itself below the target stays out of the pool.
    Raises ValueError for a target outside (0, 1).
    """
    if not 0 < target < 1:
        raise ValueError("the target precision must lie between 0 and 1")
    promises = {c: _alone(boxes.of(c), c, target, risk, seed) for c in categories}
    pool = [c for c in categories if promises[c].threshold is None and _may_reach(boxes.of(c), target, risk)]
    if len(pool) > 1:
        proved = _proved(boxes.of(*pool), target, risk, seed)
        if proved is not None:
            threshold, bound, precision, _ = proved
            for c in pool:
                checked = int((boxes.of(c).confidences >= threshold).sum())
                others = tuple(other for other in pool if other != c)
                promises[c] = Promise(c, target, threshold, precision, bound, checked, None, others)
    return promises


def _alone(boxes: CheckedBoxes, category: Category, target: float, risk: float, seed: int) -> Promise:
    proved = _proved(boxes, target, risk, seed)
    if proved is not None:
        threshold, bound, precision, checked = proved
        return Promise(category, target, threshold, precision, bound, checked, None)
    confident = int((boxes.confidences >= CONFIDENT).sum())
    minimum = boxes_without_error(target, risk)
    starts = _starts(boxes.confidences, minimum)
    best, fewest = None, None if confident else minimum
    for start in starts:
        above = boxes.confidences >= start
        correct, checked = int(boxes.correct[above].sum()), int(above.sum())
        if not checked:
            continue
        best = max(best or 0.0, correct / checked)
        needed = _needed_above(correct, checked, target, risk / len(starts))
        if needed is not None:
            effect = _design_effect(boxes, above, risk / len(starts), seed)
            more = max(1, _total_for(ceil(needed * effect), checked / confident, minimum) - confident)
            fewest = more if fewest is None else min(fewest, more)
    return Promise(category, target, None, best, None, confident, fewest)


def _proved(boxes: CheckedBoxes, target: float, risk: float, seed: int) -> tuple[float, float, float, int] | None:
    """(threshold, lower bound, precision, boxes above) for the lowest threshold that any start reaches, or None."""
    minimum = boxes_without_error(target, risk)
    if (boxes.confidences >= CONFIDENT).sum() < minimum:
        return None
    starts = _starts(boxes.confidences, minimum)
    share = risk / len(starts)
    steps = np.round(np.arange(round(starts[0] / STEP), 0, -1) * STEP, 2)
    above = boxes.confidences[:, None] >= steps[None]
    checked, correct = above.sum(axis=0), (above & boxes.correct[:, None]).sum(axis=0)
    bound = clopper_pearson_lower(correct, checked, share)
    images, image_of = np.unique(boxes.images, return_inverse=True)
    if len(images) >= IMAGES_FOR_BOOTSTRAP:
        bound = np.minimum(bound, _bootstrap_lower(above, boxes.correct, image_of, len(images), share, seed))
    last = max(_last_good(bound >= target, int(np.flatnonzero(steps == start)[0])) for start in starts)
    if last < 0:
        return None
    return float(steps[last]), float(bound[last]), float(correct[last] / checked[last]), int(checked[last])


def _starts(confidences: np.ndarray, minimum: int) -> list[float]:
    """The steps to start from, highest first; from confidences alone, or the test would not be one."""
    descending = np.sort(confidences[confidences >= CONFIDENT])[::-1]
    if len(descending) < minimum:
        # No test yet. The more confident half stands for where one would start, for the count of what is missing.
        return [float(descending[len(descending) // 2])] if len(descending) else [CONFIDENT]
    wanted = [int(share * len(descending)) for share in STARTS if share * len(descending) >= 2 * minimum]
    if not wanted:
        wanted = [2 * minimum if len(descending) >= 2 * minimum else minimum]
    steps = {max(STEP, round(np.floor(descending[count - 1] / STEP + 1e-9) * STEP, 2)) for count in wanted}
    return sorted(steps, reverse=True)


def _last_good(good: np.ndarray, start: int) -> int:
    """The last place of the unbroken run of good steps from `start`, -1 when `start` itself is not good."""
    failed = np.flatnonzero(~good[start:])
    return start + (int(failed[0]) if failed.size else len(good) - start) - 1 if good[start] else -1


def _bootstrap_lower(
    above: np.ndarray, correct: np.ndarray, image_of: np.ndarray, images: int, risk: float, seed: int
) -> np.ndarray:
    """float64 (steps,): the `risk` quantile of precision when whole images are drawn again."""
    checked = np.zeros((images, above.shape[1]))
    right = np.zeros_like(checked)
    np.add.at(checked, image_of, above)
    np.add.at(right, image_of, above & correct[:, None])
    drawn = np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), RESAMPLES)
    precision = (drawn @ right) / np.maximum(drawn @ checked, 1)
    return np.quantile(precision, risk, axis=0)


def _design_effect(boxes: CheckedBoxes, above: np.ndarray, risk: float, seed: int) -> float:
    """How many times more boxes are needed because those of one image go right and wrong together; 1 at least."""
    images, image_of = np.unique(boxes.images, return_inverse=True)
    correct, checked = int(boxes.correct[above].sum()), int(above.sum())
    if len(images) < IMAGES_FOR_BOOTSTRAP or correct == checked:
        return 1.0
    share = correct / checked
    exact = share - float(clopper_pearson_lower(np.array(correct), np.array(checked), risk))
    drawn = share - float(_bootstrap_lower(above[:, None], boxes.correct, image_of, len(images), risk, seed)[0])
    return max(1.0, (drawn / exact) ** 2)


def _may_reach(boxes: CheckedBoxes, target: float, risk: float) -> bool:
    """False without any checked box, and when the category's most confident boxes are below the target."""
    if not len(boxes):
        return False
    above = boxes.confidences >= _starts(boxes.confidences, boxes_without_error(target, risk))[0]
    return bool(boxes.correct[above].mean() >= target)


def _needed_above(correct: int, above: int, target: float, risk: float) -> int | None:
    """How many boxes above the start prove the target, if they go on as they began; None when no number does.

    Fewer than the faultless minimum say little about a precision, so there only the errors seen are reckoned with. A
    share that lies below the target, but not clearly, is taken half-way to its upper bound: it may still be luck.
    """
    minimum = boxes_without_error(target, risk)
    errors, share_wrong = above - correct, 0.0
    if above >= minimum:
        share_wrong = errors / above
        if share_wrong >= 1 - target:
            upper = float(beta.ppf(1 - RISK, correct + 1, errors))
            share_wrong = 1 - (correct / above + upper) / 2
        if share_wrong >= 1 - target:
            return None

    def proves(total: int) -> bool:
        wrong = max(errors, round(share_wrong * total))
        return float(clopper_pearson_lower(np.array(total - wrong), np.array(total), risk)) >= target

    low, high = max(above + 1, minimum), MOST_BOXES
    if not proves(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if proves(middle) else (middle + 1, high)
    return low


def _total_for(needed: int, share_above: float, minimum: int) -> int:
    """How many checked boxes bring so many above the first start: it widens in two steps, then with the boxes."""
    if needed <= minimum:
        return minimum
    if needed <= 2 * minimum:
        return 2 * minimum
    return ceil(needed / min(share_above or 1.0, max(STARTS)))
