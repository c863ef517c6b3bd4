"""Human labels that are probably wrong, after ObjectLab (Tkachenko et al. 2023), and where a run and a person differ.

Even the best published methods leave up to 66 % of real errors unfound (learning.md 4.8): this is a queue, no proof.
Give it out-of-fold predictions; a model repeats the errors that it was trained on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, hypot
from typing import Literal

import numpy as np

from domain.evaluation import Category, JudgedImage, Label, matches
from domain.geometry import Box, intersection_over_union

CONFIDENT = 0.95
PLAUSIBLE = 0.5
IOU_SHARE = 0.9
DISTANCE_SCALE = 0.1
TEMPERATURE = 0.1
SUSPICIOUS = 0.5
TOUCHING = 0.1

IssueKind = Literal["overlooked", "swapped", "badly_located"]


@dataclass(frozen=True)
class LabelIssue:
    """`score` 0 to 1, lower is worse. `label` and `found` are places in the JudgedImage; overlooked has no label."""

    kind: IssueKind
    label: int | None
    found: int
    score: float


@dataclass(frozen=True)
class LabelQuality:
    """One image: `score` 0 to 1, the geometric mean of the three parts, lower is worse; its issues, worst first."""

    image: int
    score: float
    overlooked: float
    swapped: float
    badly_located: float
    issues: tuple[LabelIssue, ...]


@dataclass(frozen=True)
class Disagreement:
    """`missed_by_run`: a label without a box. `not_labelled`: a box without a label. `other_category`: both, side by
    side. `badly_located`: both, same category, IoU below the strict one. `weight` 0 to 1 sorts the list."""

    image: int
    kind: Literal["missed_by_run", "not_labelled", "other_category", "badly_located"]
    label: int | None
    found: int | None
    weight: float


def label_quality(
    images: Sequence[JudgedImage], confident: float | Mapping[Category, float] = CONFIDENT
) -> list[LabelQuality]:
    """Every image's label quality, worst first. `confident` may differ by category: few-shot models rarely say 0.95,
    so pass each category's accept threshold where one is promised."""
    judged = [_judge(place, image, confident) for place, image in enumerate(images)]
    return sorted(judged, key=lambda one: (one.score, one.image))


def disagreements(
    images: Sequence[JudgedImage], min_confidence: float = 0.25, iou: float = 0.5, strict_iou: float = 0.75
) -> list[Disagreement]:
    """Where a run and the labels differ, the most telling first."""
    found: list[Disagreement] = []
    for place, image in enumerate(images):
        same = matches(image, iou, min_confidence)
        free = set(range(len(image.labels))) - {match.label for match in same}
        for match in same:
            confidence = image.found[match.found].confidence
            if match.label is not None:
                if match.iou < strict_iou:
                    weight = confidence * (1 - match.iou)
                    found.append(Disagreement(place, "badly_located", match.label, match.found, weight))
                continue
            other = _nearest(image.found[match.found].box, image.labels, free)
            if other is not None and other[1] >= iou:
                free.discard(other[0])
                found.append(Disagreement(place, "other_category", other[0], match.found, confidence))
            else:
                found.append(Disagreement(place, "not_labelled", None, match.found, confidence))
        for label in sorted(free):
            hint = max(
                (
                    one.confidence
                    for one in image.found
                    if one.category == image.labels[label].category
                    and intersection_over_union(one.box, image.labels[label].box) >= iou
                ),
                default=0.0,
            )
            found.append(Disagreement(place, "missed_by_run", label, None, 1 - hint))
    return sorted(found, key=lambda one: (-one.weight, one.image))


def similarity(a: Box, b: Box) -> float:
    """0 to 1: mostly IoU, a little nearness of the centres, so that boxes beside each other still differ in rank."""
    distance = hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2)
    return IOU_SHARE * intersection_over_union(a, b) + (1 - IOU_SHARE) * exp(-DISTANCE_SCALE * distance)


def softmin(scores: Sequence[float]) -> float:
    """A smooth minimum: one bad label spoils an image, and two spoil it a little more. 1 for none."""
    if not scores:
        return 1.0
    values = np.asarray(scores)
    weights = np.exp((values.min() - values) / TEMPERATURE)
    return float(values @ weights / weights.sum())


def _judge(place: int, image: JudgedImage, confident: float | Mapping[Category, float]) -> LabelQuality:
    sure = [i for i, one in enumerate(image.found) if one.confidence >= _limit(one.category, confident)]
    plausible = [i for i, one in enumerate(image.found) if one.confidence >= PLAUSIBLE]
    parts: dict[IssueKind, list[LabelIssue]] = {
        "overlooked": [_overlooked(image, i) for i in sure],
        "swapped": [_swapped(image, i, sure) for i in range(len(image.labels)) if sure],
        "badly_located": [_badly_located(image, i, plausible) for i in range(len(image.labels)) if plausible],
    }
    scores = {kind: softmin([issue.score for issue in issues]) for kind, issues in parts.items()}
    worst = sorted((i for issues in parts.values() for i in issues if i.score < SUSPICIOUS), key=lambda i: i.score)
    overall = float(np.prod([max(score, 1e-6) for score in scores.values()]) ** (1 / 3))
    return LabelQuality(place, overall, scores["overlooked"], scores["swapped"], scores["badly_located"], tuple(worst))


def _overlooked(image: JudgedImage, found: int) -> LabelIssue:
    """A confident box is explained by a label at its place, of whatever category: a swap is another part's business.

    So is a label that touches it and that no box sits on: that one is badly located, not missing.
    """
    one = image.found[found]
    placed = {match.label for match in matches(image, 0.5, PLAUSIBLE)}
    loose = [
        label for place, label in enumerate(image.labels) if place not in placed and label.category == one.category
    ]
    if any(intersection_over_union(one.box, label.box) >= TOUCHING for label in loose):
        return LabelIssue("overlooked", None, found, 1.0)
    near = _most_similar(one.box, [label.box for label in image.labels])
    return LabelIssue("overlooked", None, found, near[1] if near else 0.0)


def _swapped(image: JudgedImage, label: int, sure: Sequence[int]) -> LabelIssue:
    """A label is swapped when a confident box of another category lies on it and none of its own category does."""
    box, category = image.labels[label].box, image.labels[label].category
    others = [i for i in sure if image.found[i].category != category]
    own = [i for i in sure if image.found[i].category == category]
    against = _most_similar(box, [image.found[i].box for i in others])
    support = _most_similar(box, [image.found[i].box for i in own])
    if against is None or (support is not None and support[1] >= against[1]):
        return LabelIssue("swapped", label, sure[0], 1.0)
    return LabelIssue("swapped", label, others[against[0]], 1 - against[1])


def _badly_located(image: JudgedImage, label: int, plausible: Sequence[int]) -> LabelIssue:
    """The most similar box of the same category that touches the label says how well it sits; none says nothing."""
    box, category = image.labels[label].box, image.labels[label].category
    own = [
        i
        for i in plausible
        if image.found[i].category == category and intersection_over_union(image.found[i].box, box) > 0
    ]
    best = _most_similar(box, [image.found[i].box for i in own])
    return (
        LabelIssue("badly_located", label, own[best[0]], best[1])
        if best
        else LabelIssue("badly_located", label, plausible[0], 1.0)
    )


def _limit(category: Category, confident: float | Mapping[Category, float]) -> float:
    return confident if isinstance(confident, float | int) else confident.get(category, CONFIDENT)


def _most_similar(box: Box, boxes: Sequence[Box]) -> tuple[int, float] | None:
    if not boxes:
        return None
    scores = [similarity(box, other) for other in boxes]
    best = max(range(len(scores)), key=scores.__getitem__)
    return best, scores[best]


def _nearest(box: Box, labels: Sequence[Label], free: set[int]) -> tuple[int, float] | None:
    overlaps = [(intersection_over_union(box, labels[i].box), i) for i in sorted(free)]
    if not overlaps:
        return None
    overlap, place = max(overlaps)
    return place, overlap
