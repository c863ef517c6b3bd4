"""What a run's boxes may be trusted with, from what it found on held-out pictures: promises, thresholds, probabilities.

The same reckoning serves the run's own record and every prediction job, which may ask for another target.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from adapters.held_out import HeldOutImage
from domain.evaluation import Category, JudgedImage
from worker.calibrate import Calibration, Promise, accept_promises, calibrate, checked_boxes, joined
from worker.calibrate.acceptance import Acceptance, SizedImage, cross_fitted
from worker.review_order import LocationErrors, location_error_rates

DRAW_S = 7.0
"""Seconds to draw a box (learning.md 7.5)."""
WORTH_SHOWING = 0.4
"""Show a box that people keep with this probability or a higher one. Seconds alone break even near 0.25: a look (0.3),
adjusting (4) or deleting (1.5) against drawing (7). But they hardly change up to here, whereas every wrong box shown is
an action, and one that people may let pass (learning.md 2.3): on BCCD's val split 0.4 costs 1 % of the seconds of 0.3
and saves 9 % of the actions."""
SHOW_UNKNOWN_FROM = 0.25
LEAST_SHOWN = 0.05


@dataclass(frozen=True)
class Trust:
    acceptances: Mapping[Category, Acceptance]
    """By which predicted boxes are rescored before anything below holds for them."""
    judged: Sequence[JudgedImage]
    """The held-out pictures, every box rescored by a model that did not learn from it."""
    promises: Mapping[Category, Promise]
    calibrations: Mapping[Category, Calibration]
    shown_from: Mapping[Category, float]
    location_errors: LocationErrors


def trust_in(
    images: Sequence[HeldOutImage],
    category_ids: Sequence[UUID],
    target: float,
    *,
    fused: bool = False,
    reviewed: Sequence[JudgedImage] = (),
) -> Trust:
    """`fused`: in boxes of the high quality mode. Held-out pictures are looked at by the one model that did not learn
    from them, fresh ones by all; a mean over more opinions only sharpens what each of them proves. `reviewed`: pictures
    drawn at random that people have judged since, with the boxes that they were shown, rescored already."""
    sized = [SizedImage(image.judged(fused=fused), image.width, image.height) for image in images]
    judged, acceptances = cross_fitted(sized, category_ids)
    boxes = joined(checked_boxes(judged), checked_boxes(reviewed))
    calibrations = calibrate(boxes, category_ids)
    return Trust(
        acceptances,
        judged,
        accept_promises(boxes, category_ids, target),
        calibrations,
        {category: show_from(curve) for category, curve in calibrations.items()},
        location_error_rates(judged),
    )


def show_from(curve: Calibration) -> float:
    """The confidence from which showing a box saves time; a fixed one where too few boxes were checked to say."""
    if curve.method == "rate":
        return SHOW_UNKNOWN_FROM
    grid = np.arange(LEAST_SHOWN, 1.0, 0.01)
    worth = np.flatnonzero(curve.probability(grid) >= WORTH_SHOWING)
    return round(float(grid[worth[0]]), 2) if worth.size else 0.99
