"""What a confidence is worth: the probability that such a box is right (learning.md 4.4)."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from domain.evaluation import Category
from worker.calibrate.checked import CheckedBoxes

BOXES_FOR_ISOTONIC = 100
BOXES_FOR_PLATT = 20
FOLDS = 5
BINS = 10

Method = Literal["isotonic", "platt", "rate"]
Fit = tuple[Method, np.ndarray, np.ndarray]


class Calibration(msgspec.Struct, frozen=True):
    """A monotone curve through (confidence, probability) knots; between them linear, beyond them flat.

    `ece` is the expected calibration error over ten bins, out of fold by image, None with too few boxes to say;
    `raw_ece` is that of the confidences themselves.
    """

    method: Method
    confidences: tuple[float, ...]
    probabilities: tuple[float, ...]
    boxes: int
    raw_ece: float | None
    ece: float | None

    def probability(self, confidences: np.ndarray) -> np.ndarray:
        return np.interp(confidences, self.confidences, self.probabilities)


def calibrate(boxes: CheckedBoxes, categories: Sequence[Category]) -> Mapping[Category, Calibration]:
    """Per category: isotonic regression from 100 boxes on, Platt's logistic curve from 20 on, else the overall rate.

    The rate is (right + 1) / (boxes + 2), so no category is ever certain.
    """
    return {category: fit_calibration(boxes.of(category)) for category in categories}


def fit_calibration(boxes: CheckedBoxes) -> Calibration:
    method, knots, values = _fit(boxes.confidences, boxes.correct)
    raw = expected_calibration_error(boxes.confidences, boxes.correct) if len(boxes) else None
    return Calibration(
        method,
        tuple(float(knot) for knot in knots),
        tuple(float(value) for value in values),
        len(boxes),
        raw,
        _out_of_fold_error(boxes),
    )


def expected_calibration_error(probabilities: np.ndarray, correct: np.ndarray) -> float:
    """Mean distance of what was said from what came true, over ten equal bins weighted by boxes (Guo et al. 2017)."""
    bins = np.minimum((np.asarray(probabilities) * BINS).astype(np.int64), BINS - 1)
    said = np.bincount(bins, probabilities, minlength=BINS)
    true = np.bincount(bins, np.asarray(correct, np.float64), minlength=BINS)
    return float(np.abs(said - true).sum() / len(bins))


def _fit(confidences: np.ndarray, correct: np.ndarray) -> Fit:
    count, right = len(confidences), int(correct.sum())
    certain = 1 / (count + 2)
    if count >= BOXES_FOR_PLATT and 0 < right < count:
        if count >= BOXES_FOR_ISOTONIC:
            curve = IsotonicRegression(y_min=certain, y_max=1 - certain, out_of_bounds="clip")
            curve.fit(confidences, correct.astype(np.float64))
            return "isotonic", curve.X_thresholds_, curve.y_thresholds_
        # A falling curve would mean that less confident boxes are righter: noise, so the rate says more.
        logistic = LogisticRegression(C=1e3).fit(_log_odds(confidences)[:, None], correct)
        if logistic.coef_[0, 0] > 0:
            knots = np.linspace(0.01, 0.99, 99)
            return "platt", knots, logistic.predict_proba(_log_odds(knots)[:, None])[:, 1]
    return "rate", np.array([0.0, 1.0]), np.full(2, (right + 1) / (count + 2))


def _out_of_fold_error(boxes: CheckedBoxes) -> float | None:
    images = np.unique(boxes.images)
    if len(images) < FOLDS or len(boxes) < BOXES_FOR_PLATT:
        return None
    fold_of = {image: place % FOLDS for place, image in enumerate(images)}
    folds = np.array([fold_of[image] for image in boxes.images])
    said = np.empty(len(boxes))
    for fold in range(FOLDS):
        inside = folds == fold
        _, knots, values = _fit(boxes.confidences[~inside], boxes.correct[~inside])
        said[inside] = np.interp(boxes.confidences[inside], knots, values)
    return expected_calibration_error(said, boxes.correct)


def _log_odds(confidences: np.ndarray) -> np.ndarray:
    clipped = np.clip(confidences, 1e-4, 1 - 1e-4)
    return np.log(clipped / (1 - clipped))
