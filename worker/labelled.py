"""What a training learns from: the finished images of a snapshot, in a fixed class order, grouped against leaks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from adapters.snapshot import Snapshot, SnapshotImage
from domain.errors import NotReady
from domain.events import ImageReviewState
from domain.geometry import Geometry, Mask, area
from domain.ports import TrainingSample
from domain.training import Readiness, require_ready
from worker.export.masks import polygons_of_mask
from worker.splits import Splittable, grouped_folds, grouped_split

FINISHED: tuple[ImageReviewState, ...] = ("submitted", "approved")
"""Images whose labels a person has answered for. One of them without annotations is a negative, and trains."""

AUDIT_IMAGES = 20
"""From so many labelled audit images on, they alone measure a run, and it never trains on them."""
SPLIT_SHARE = 0.2


@dataclass(frozen=True)
class LabelledSet:
    images: Sequence[SnapshotImage]
    category_ids: tuple[UUID, ...]
    """Class order, as it is stored with the run."""
    category_names: tuple[str, ...]
    groups: Mapping[UUID, str]
    """Images of one group never straddle a split: near-duplicates, or the same bytes."""
    audit: frozenset[UUID]

    def samples(self, chosen: Sequence[SnapshotImage], paths: Mapping[UUID, Path]) -> list[TrainingSample]:
        return [
            TrainingSample(
                image.image_id,
                paths[image.image_id],
                image.width,
                image.height,
                [(self.category_ids.index(one.category_id), _trainable(one.geometry)) for one in image.annotations],
                self.groups[image.image_id],
            )
            for image in chosen
        ]

    def splittable(self, image: SnapshotImage) -> Splittable:
        counts = Counter(self.category_ids.index(one.category_id) for one in image.annotations)
        return Splittable(image.image_id, self.groups[image.image_id], dict(counts))

    def split(self, seed: int) -> tuple[list[SnapshotImage], list[SnapshotImage]]:
        """(train, held out), about four to one."""
        train, held_out = grouped_split([self.splittable(image) for image in self.images], SPLIT_SHARE, seed)
        return [self.images[i] for i in train], [self.images[i] for i in held_out]

    def folds(self, count: int, seed: int) -> list[tuple[list[SnapshotImage], list[SnapshotImage]]]:
        """(train, held out) per fold; every image is held out once. Folds without images are left out."""
        parts = [part for part in grouped_folds([self.splittable(i) for i in self.images], count, seed) if part]
        return [
            ([image for i, image in enumerate(self.images) if i not in set(part)], [self.images[i] for i in part])
            for part in parts
        ]

    def by_audit(self) -> tuple[list[SnapshotImage], list[SnapshotImage]]:
        """(train, audit). A picture that nearly equals an audit picture is not trained on either."""
        audit = [image for image in self.images if image.image_id in self.audit]
        taken = {self.groups[image.image_id] for image in audit}
        return [image for image in self.images if self.groups[image.image_id] not in taken], audit


def labelled_set(snapshot: Snapshot, near_duplicates: Mapping[UUID, UUID], audit: frozenset[UUID]) -> LabelledSet:
    """Raises NotReady with every reason when there is too little to learn from."""
    images = snapshot.images
    categories = snapshot.project.active_categories()
    require_ready(Readiness(len(images), sum(len(image.annotations) for image in images), len(categories)))
    groups = {image.image_id: str(near_duplicates.get(image.image_id, image.digest)) for image in images}
    present = frozenset(image.image_id for image in images)
    return LabelledSet(
        images,
        tuple(category.category_id for category in categories),
        tuple(category.name for category in categories),
        groups,
        audit & present,
    )


def useful_audit(labelled: LabelledSet) -> bool:
    """Whether the audit images are enough to measure by, and enough others are left to learn from."""
    train, audit = labelled.by_audit()
    return len(audit) >= AUDIT_IMAGES and len(train) >= len(audit)


def _trainable(geometry: Geometry) -> Geometry:
    if not isinstance(geometry, Mask):
        return geometry
    parts = polygons_of_mask(geometry)
    if not parts:
        raise NotReady("A mask is empty and cannot be trained on.")
    return max(parts, key=area)
