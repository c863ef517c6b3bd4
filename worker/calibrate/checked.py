"""Predicted boxes that a person, or a label, has judged: the raw material of every promise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.evaluation import Category, JudgedImage, matches


@dataclass(frozen=True)
class CheckedBoxes:
    """Parallel arrays of length n. Take out-of-fold predictions or the audit set, never boxes the model trained on.

    Boxes that a model chose for review are not a fair sample: after review, add only decisions on random images.
    """

    categories: np.ndarray
    """object (n,): the predicted category."""
    confidences: np.ndarray
    """float64 (n,)"""
    correct: np.ndarray
    """bool (n,): right category and IoU of at least the chosen threshold with a label of its own."""
    images: np.ndarray
    """int64 (n,): which image; boxes of one image are not independent."""

    def __len__(self) -> int:
        return len(self.confidences)

    def of(self, *categories: Category) -> "CheckedBoxes":
        inside = np.array([category in categories for category in self.categories], np.bool_)
        return CheckedBoxes(
            self.categories[inside], self.confidences[inside], self.correct[inside], self.images[inside]
        )


def joined(*parts: CheckedBoxes) -> CheckedBoxes:
    """Several sources as one, each with images of its own: out-of-fold boxes, and what reviewers decided since.

    An image that occurs in two parts counts as two; give every part other images.
    """
    offsets = np.cumsum([0, *(int(part.images.max(initial=-1)) + 1 for part in parts)])[: len(parts)]
    return CheckedBoxes(
        np.concatenate([part.categories for part in parts]),
        np.concatenate([part.confidences for part in parts]),
        np.concatenate([part.correct for part in parts]),
        np.concatenate([part.images + offset for part, offset in zip(parts, offsets, strict=True)]),
    )


def checked_boxes(images: Sequence[JudgedImage], iou: float = 0.5, min_confidence: float = 0.01) -> CheckedBoxes:
    """Judge every detection from `min_confidence` on by greedy matching at `iou` (0.75 is the strict option)."""
    rows = [
        (image.found[match.found].category, image.found[match.found].confidence, match.label is not None, place)
        for place, image in enumerate(images)
        for match in matches(image, iou, min_confidence)
    ]
    categories = np.empty(len(rows), object)
    categories[:] = [row[0] for row in rows]
    return CheckedBoxes(
        categories,
        np.array([row[1] for row in rows], np.float64),
        np.array([row[2] for row in rows], np.bool_),
        np.array([row[3] for row in rows], np.int64),
    )
