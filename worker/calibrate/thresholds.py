"""Thresholds without a promise: the best F score, and the bound on missed objects (learning.md 4.2 and 4.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from domain.evaluation import Category, JudgedImage, matches
from worker.calibrate.checked import CheckedBoxes


@dataclass(frozen=True)
class BestF:
    threshold: float
    f_beta: float
    precision: float
    recall: float


@dataclass(frozen=True)
class MissBound:
    """Showing every box from `threshold` on, a fresh image misses at most `alpha` of its objects on average.

    `threshold` None: not reachable; `missed` then is the share missed whatever the threshold, and `more_images`, where
    the audit set is merely too small, how many more random images are needed.
    """

    alpha: float
    threshold: float | None
    missed: float
    images: int
    more_images: int | None


def f_beta_thresholds(
    boxes: CheckedBoxes, labels: Mapping[Category, int], beta: float = 1.0
) -> Mapping[Category, BestF | None]:
    """Per category the confidence with the best F-beta (0.5 leans to precision); for training labels, not promises.

    `labels` counts true objects by category. None where there is no label or no box. Published as good as a grid
    search with retraining (arXiv 2210.10221).
    """
    return {category: _best_f(boxes.of(category), count, beta) for category, count in labels.items()}


def _best_f(boxes: CheckedBoxes, labels: int, beta: float) -> BestF | None:
    if not len(boxes) or not labels:
        return None
    order = np.argsort(-boxes.confidences, kind="stable")
    confidences, correct = boxes.confidences[order], np.cumsum(boxes.correct[order])
    precision, recall = correct / np.arange(1, len(order) + 1), correct / labels
    weight = beta**2
    f = (1 + weight) * precision * recall / np.maximum(weight * precision + recall, 1e-12)
    f[:-1][confidences[:-1] == confidences[1:]] = -1  # a threshold cannot part equal confidences
    best = int(f.argmax())
    return BestF(float(confidences[best]), float(f[best]), float(precision[best]), float(recall[best]))


def miss_bound(
    images: Sequence[JudgedImage], alpha: float = 0.1, category: Category | None = None, iou: float = 0.5
) -> MissBound:
    """Conformal risk control (Angelopoulos et al. 2024) of the share of missed objects, on random images only.

    The largest threshold t with n/(n+1) R(t) + 1/(n+1) <= alpha, R the mean over images of the share of labels that no
    box from t on hits. Needs 1/alpha - 1 images at least; holds on average over images like these.
    Raises ValueError for alpha outside (0, 1).
    """
    if not 0 < alpha < 1:
        raise ValueError("alpha must lie between 0 and 1")
    hit_at = [_hit_confidences(image, category, iou) for image in images]
    count = len(hit_at)
    everything = float(np.mean([_missed(one, 0.0) for one in hit_at])) if count else 1.0
    enough = ceil(1 / alpha - 1 - 1e-9)
    if count < enough or (count * everything + 1) / (count + 1) > alpha:
        return MissBound(alpha, None, everything, count, enough - count if count < enough else None)
    steps = np.unique(np.concatenate([[0.0], *[one[one > 0] for one in hit_at]]))
    low, high = 0, len(steps) - 1
    while low < high:
        middle = (low + high + 1) // 2
        risk = float(np.mean([_missed(one, steps[middle]) for one in hit_at]))
        low, high = (middle, high) if (count * risk + 1) / (count + 1) <= alpha else (low, middle - 1)
    threshold = float(steps[low])
    return MissBound(alpha, threshold, float(np.mean([_missed(one, threshold) for one in hit_at])), count, None)


def _hit_confidences(image: JudgedImage, category: Category | None, iou: float) -> np.ndarray:
    """Per label of the category the confidence of the box that hits it, -1 for none."""
    hit = {m.label: image.found[m.found].confidence for m in matches(image, iou) if m.label is not None}
    wanted = [i for i, label in enumerate(image.labels) if category is None or label.category == category]
    return np.array([hit.get(i, -1.0) for i in wanted], np.float64)


def _missed(hit_at: np.ndarray, threshold: float) -> float:
    return float((hit_at < threshold).mean()) if hit_at.size else 0.0
