"""How likely a person is to keep a box, from more than its confidence: its size, its place and its neighbours.

A detector that saw few pictures is as sure of a cell that the picture's edge cuts as of a whole one; whether people
label those, or specks half the usual size, is their custom, and it can be learned from the boxes they have judged
(Konyushkova et al. 2018, "Learning Intelligent Dialogs for Bounding Box Annotation", predict acceptance likewise).
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression

from domain.evaluation import Category, Found, JudgedImage, matches

LEAST_CONFIDENCE = 0.01
EDGE_PX = 3.0
LEAST_SIDE_PX = 0.01
"""A box that comes so near to the picture's edge is taken as cut by it."""
LEAST_IMAGES = 10
LEAST_OF_EACH = 12
"""Boxes that are right, and boxes that are not, of a category: with fewer its confidence is all there is to go by."""
PARTS = 5


class SizedImage(msgspec.Struct, frozen=True):
    """A judged picture with its size in px, of which an edge is known."""

    judged: JudgedImage
    width: int
    height: int


class Acceptance(msgspec.Struct, frozen=True):
    """A logistic model over standardised features, see `_features`; `side` is the usual size of a label."""

    side: float
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def probability(self, features: np.ndarray) -> np.ndarray:
        standard = (features - np.array(self.means)) / np.array(self.scales)
        return 1 / (1 + np.exp(-(standard @ np.array(self.weights) + self.intercept)))


def fit_acceptance(images: Sequence[SizedImage], categories: Sequence[Category]) -> dict[Category, Acceptance]:
    """By category; one with too little to learn from is left out. Give it out-of-fold or audit pictures."""
    if len(images) < LEAST_IMAGES or not all(image.width and image.height for image in images):
        return {}
    sides: dict[Category, list[float]] = {category: [] for category in categories}
    for image in images:
        for label in image.judged.labels:
            sides.setdefault(label.category, []).append(_side(label.box.width, label.box.height, image))
    usual = {category: float(np.median(known)) for category, known in sides.items() if known}
    rows: dict[Category, list[np.ndarray]] = {category: [] for category in categories}
    kept: dict[Category, list[bool]] = {category: [] for category in categories}
    for image in images:
        judged = msgspec.structs.replace(image.judged, found=_shown(image.judged.found))
        right = {match.found for match in matches(judged) if match.label is not None}
        features = _features(judged.found, image.width, image.height, usual)
        for place, one in enumerate(judged.found):
            if one.category in usual:
                rows[one.category].append(features[place])
                kept[one.category].append(place in right)
    fitted: dict[Category, Acceptance] = {}
    for category, side in usual.items():
        if category in rows and (model := _fitted(side, rows[category], kept[category])) is not None:
            fitted[category] = model
    return fitted


def rescored(
    found: Sequence[Found], width: int, height: int, acceptances: Mapping[Category, Acceptance]
) -> list[Found]:
    """The same boxes from LEAST_CONFIDENCE on; where a model knows better, its probability is their confidence."""
    shown = _shown(found)
    if not acceptances or not shown:
        return shown
    features = _features(shown, width, height, {category: one.side for category, one in acceptances.items()})
    return [
        msgspec.structs.replace(one, confidence=float(acceptances[one.category].probability(features[place])))
        if one.category in acceptances
        else one
        for place, one in enumerate(shown)
    ]


def cross_fitted(
    images: Sequence[SizedImage], categories: Sequence[Category]
) -> tuple[list[JudgedImage], dict[Category, Acceptance]]:
    """The pictures with each box rescored by a model that did not see its picture, and the model of them all.

    What is promised about rescored boxes is then proved on boxes that the model did not learn from.
    """
    whole = fit_acceptance(images, categories)
    parts = [
        fit_acceptance([image for place, image in enumerate(images) if place % PARTS != part], categories)
        for part in range(PARTS)
    ]
    known = {category: one for category, one in whole.items() if all(category in part for part in parts)}
    judged = [
        msgspec.structs.replace(
            image.judged,
            found=rescored(
                image.judged.found,
                image.width,
                image.height,
                {category: parts[place % PARTS][category] for category in known},
            ),
        )
        for place, image in enumerate(images)
    ]
    return judged, known


def _fitted(side: float, rows: Sequence[np.ndarray], kept: Sequence[bool]) -> Acceptance | None:
    truth = np.array(kept, np.bool_)
    if min(int(truth.sum()), int((~truth).sum())) < LEAST_OF_EACH:
        return None
    features = np.stack(rows)
    means, scales = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    model = LogisticRegression(C=1.0, max_iter=500).fit((features - means) / scales, truth)
    if model.coef_[0, 0] <= 0:
        # Less confident boxes would be righter: chance, so the confidence itself says more.
        return None
    return Acceptance(
        side,
        tuple(map(float, means)),
        tuple(map(float, scales)),
        tuple(map(float, model.coef_[0])),
        float(model.intercept_[0]),
    )


def _features(found: Sequence[Found], width: int, height: int, usual: Mapping[Category, float]) -> np.ndarray:
    """float64 (n, 7): log odds of the confidence; cut by the edge, and the log odds of those that are; log of the size
    against the usual one, and its square; square of the log aspect ratio; IoU with the most overlapping box of the same
    category that is more confident."""
    if not found:
        return np.empty((0, 7))
    edges = np.array([(one.box.x, one.box.y, one.box.right, one.box.bottom) for one in found])
    confidence = np.clip([one.confidence for one in found], 1e-4, 1 - 1e-4)
    odds = np.log(confidence / (1 - confidence))
    cut = ((edges[:, :2] < EDGE_PX) | (edges[:, 2:] > np.array([width, height]) - EDGE_PX)).any(axis=1)
    # A box at the very edge can be rounded to nothing, and datasets hold labels without any width.
    sides = np.maximum(edges[:, 2:] - edges[:, :2], LEAST_SIDE_PX)
    usual_sides = np.array([usual.get(one.category, 1.0) for one in found])
    size = np.log(np.sqrt(sides.prod(axis=1) / (width * height)) / usual_sides)
    aspect = np.log(sides[:, 0] / sides[:, 1])
    return np.stack([odds, cut, cut * odds, size, size**2, aspect**2, _overlap(found, edges, confidence)], axis=1)


def _overlap(found: Sequence[Found], edges: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    names = {category: place for place, category in enumerate(dict.fromkeys(one.category for one in found))}
    categories = np.array([names[one.category] for one in found])
    size = np.minimum(edges[:, None, 2:], edges[None, :, 2:]) - np.maximum(edges[:, None, :2], edges[None, :, :2])
    shared = np.clip(size, 0, None).prod(axis=2)
    area = (edges[:, 2:] - edges[:, :2]).prod(axis=1)
    iou = shared / np.maximum(area[:, None] + area[None] - shared, 1e-9)
    rival = (confidence[None] > confidence[:, None]) & (categories[None] == categories[:, None])
    return np.where(rival, iou, 0.0).max(axis=1)


def _shown(found: Sequence[Found]) -> list[Found]:
    return [one for one in found if one.confidence >= LEAST_CONFIDENCE]


def _side(width: float, height: float, image: SizedImage) -> float:
    """Of a box, as a share of the picture's own: the root of the shared area."""
    width, height = max(width, LEAST_SIDE_PX), max(height, LEAST_SIDE_PX)
    return float(np.sqrt(width * height / (image.width * image.height)))
