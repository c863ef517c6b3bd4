"""Several opinions about one picture: weighted box fusion over models or views, and how far two runs agree."""

from collections.abc import Iterable, Sequence

import numpy as np

from domain.evaluation import Category, Found, JudgedImage, Label, matches
from domain.geometry import Box, box_from_corners

FUSE_IOU = 0.55
SKIP_CONFIDENCE = 0.05


def fuse(
    opinions: Sequence[Sequence[Found]],
    weights: Sequence[float] | None = None,
    iou: float = FUSE_IOU,
    skip_confidence: float = SKIP_CONFIDENCE,
) -> list[Found]:
    """Weighted box fusion (Solovyev, Wang & Gabruseva 2021) of one picture's detections, most confident first.

    `opinions`: one list per model or view, in the picture's own px. Boxes of a category that overlap by more than
    `iou` become their confidence-weighted mean, of each opinion its most confident one; its confidence is the mean
    over all opinions, 0 for those that do not see it. Fused confidences mean something else than single ones:
    calibrate and set thresholds anew.
    """
    shares = np.ones(len(opinions)) if weights is None else np.asarray(weights, np.float64)
    votes: dict[Category, list[tuple[float, int, np.ndarray]]] = {}
    for opinion, (found, share) in enumerate(zip(opinions, shares, strict=True)):
        for one in found:
            if one.confidence >= skip_confidence:
                corners = np.array([one.box.x, one.box.y, one.box.right, one.box.bottom])
                votes.setdefault(one.category, []).append((one.confidence * float(share), opinion, corners))
    fused = [
        Found(category, box_from_corners(*(float(edge) for edge in corners)), confidence)
        for category, boxes in votes.items()
        for corners, confidence in _fused(boxes, float(shares.sum()), iou)
    ]
    return sorted(fused, key=lambda one: -one.confidence)


def mirrored(found: Iterable[Found], image_width: float) -> list[Found]:
    """Detections on the horizontally flipped picture as seen on the upright one, and the other way round."""
    return [
        Found(one.category, Box(image_width - one.box.right, one.box.y, one.box.width, one.box.height), one.confidence)
        for one in found
    ]


def agreement(a: Sequence[Found], b: Sequence[Found], min_confidence: float = 0.25, iou: float = 0.5) -> float:
    """F1 of two runs or views on one picture, 0 to 1, symmetric; 1 where both see nothing.

    With the mirrored picture it is the cheap part of CALD's consistency: low values are worth a look first.
    """
    return agreement_over([(a, b)], min_confidence, iou)


def agreement_over(
    pairs: Iterable[tuple[Sequence[Found], Sequence[Found]]], min_confidence: float = 0.25, iou: float = 0.5
) -> float:
    """F1 over all pictures together: for consecutive runs, the stability that tells when to stop."""
    both = total = 0
    for a, b in pairs:
        shown_a = [one for one in a if one.confidence >= min_confidence]
        shown_b = [one for one in b if one.confidence >= min_confidence]
        judged = JudgedImage([Label(one.category, one.box) for one in shown_a], shown_b)
        both += sum(match.label is not None for match in matches(judged, iou))
        total += len(shown_a) + len(shown_b)
    return 2 * both / total if total else 1.0


def _fused(
    boxes: list[tuple[float, int, np.ndarray]], all_weights: float, iou: float
) -> Iterable[tuple[np.ndarray, float]]:
    """(corners, confidence) per cluster of one category."""
    centres = np.empty((0, 4))
    members: list[dict[int, tuple[float, np.ndarray]]] = []
    for confidence, opinion, corners in sorted(boxes, key=lambda box: -box[0]):
        overlap = _iou(corners, centres)
        place = int(overlap.argmax()) if overlap.size and overlap.max() > iou else len(members)
        if place == len(members):
            members.append({})
            centres = np.vstack([centres, corners])
        if opinion in members[place]:
            # A second, less confident box of the same opinion: it says nothing new.
            continue
        members[place][opinion] = (confidence, corners)
        weights = np.array([one for one, _ in members[place].values()])
        centres[place] = weights @ np.stack([one for _, one in members[place].values()]) / weights.sum()
    for centre, cluster in zip(centres, members, strict=True):
        yield centre, sum(confidence for confidence, _ in cluster.values()) / all_weights


def _iou(corners: np.ndarray, others: np.ndarray) -> np.ndarray:
    size = np.minimum(corners[2:], others[:, 2:]) - np.maximum(corners[:2], others[:, :2])
    overlap = np.clip(size, 0, None).prod(axis=1)
    area, areas = (corners[2:] - corners[:2]).prod(), (others[:, 2:] - others[:, :2]).prod(axis=1)
    return overlap / np.maximum(area + areas - overlap, 1e-12)
