"""Several looks at one picture, mirrored and by several models of a run, fused into one opinion: the high quality mode.

Views of one model and models of several folds err differently; their mean sits better and is less often wrong
(learning.md 4.7). How far the plain look and the mirrored one agree is a sign of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from domain.evaluation import Found
from domain.geometry import bounding_box
from domain.ports import Detection, Detector, Mirror
from worker.calibrate.acceptance import LEAST_CONFIDENCE
from worker.fusion import agreement, fuse

UPRIGHT: tuple[Mirror, ...] = ("none", "horizontal")
ORIENTATION_FREE: tuple[Mirror, ...] = ("none", "horizontal", "vertical", "both")
PLAIN: tuple[Mirror, ...] = ("none",)


@dataclass(frozen=True)
class Looked:
    plain: Sequence[Detection]
    fused: Sequence[Detection]
    """The same as `plain` after a single look."""
    agreement: float | None
    """F1 of the plain and the mirrored look; None after a single one."""


@dataclass(frozen=True)
class Looks:
    detector: Detector
    weights: Sequence[Path]
    """The run's own first; only its mirrored look counts for the agreement."""
    views: Sequence[Mirror]
    image_size: int
    device: str
    batch: int
    min_confidence: float

    def at(self, images: Sequence[tuple[UUID, Path]]) -> dict[UUID, Looked]:
        """Every picture under every view by every model."""
        looks = [dict(self._look(weights, images, view)) for weights in self.weights for view in self.views]
        return {image_id: fused_look([look[image_id] for look in looks], len(self.views)) for image_id, _ in images}

    def _look(
        self, weights: Path, images: Sequence[tuple[UUID, Path]], view: Mirror
    ) -> Iterator[tuple[UUID, list[Detection]]]:
        return self.detector.predict(
            weights,
            iter(images),
            image_size=self.image_size,
            batch=self.batch,
            min_confidence=self.min_confidence,
            device=self.device,
            mirror=view,
        )


def fused_look(looks: Sequence[Sequence[Detection]], views: int) -> Looked:
    """`looks`: view by view of the first model, then of the others. Outlines cannot be averaged: the plain ones stay,
    and only the agreement is told."""
    plain = looks[0]
    if len(looks) == 1:
        return Looked(plain, plain, None)
    opinions = [
        [Found(d.class_index, bounding_box(d.geometry), d.confidence) for d in look if d.confidence >= LEAST_CONFIDENCE]
        for look in looks
    ]
    agreed = agreement(opinions[0], opinions[1]) if views > 1 else None
    if any(bounding_box(d.geometry) is not d.geometry for d in plain):
        return Looked(plain, plain, agreed)
    fused = fuse(opinions, skip_confidence=LEAST_CONFIDENCE)
    return Looked(plain, [Detection(int(str(one.category)), one.box, one.confidence) for one in fused], agreed)


def views_of(settings: Mapping[str, object]) -> tuple[Mirror, ...]:
    """Of a run's record: all four mirrorings where its pictures have no up."""
    return ORIENTATION_FREE if settings.get("orientation") == "any" else UPRIGHT
