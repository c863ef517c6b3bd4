"""Annotations of one image as the API tells them: all, or the difference that commands made."""

from collections.abc import Collection, Iterable
from uuid import UUID

import msgspec

from domain import image
from domain.events import Source
from domain.geometry import Geometry
from domain.image import ImageState
from domain.project import ProjectState


class Annotation(msgspec.Struct):
    id: UUID
    category_id: UUID
    geometry: Geometry
    source: Source
    confidence: float | None
    created_by: UUID
    version: int
    prediction_id: UUID | None = None
    run_id: UUID | None = None


class OpenPrediction(msgspec.Struct):
    id: UUID
    run_id: UUID
    category_id: UUID
    geometry: Geometry
    confidence: float


class ImageAnnotations(msgspec.Struct):
    image_id: UUID
    version: int
    position: int
    """The log position that this is true for."""
    state: str
    annotations: list[Annotation]
    predictions: list[OpenPrediction]
    claimed_by: UUID | None = None


class CommandsApplied(msgspec.Struct):
    """The difference that the commands made: all 5,000 shapes again would cost more than everything else together."""

    image_id: UUID
    base_version: int
    """The version that the difference is from: whoever has an older one has missed something, and reads it all anew."""
    version: int
    position: int | None
    """Of the last event appended; None when everything was so already."""
    state: str
    annotations: list[Annotation]
    """Those that have changed since `base_version`, and those that the commands name, changed or not."""
    removed_ids: list[UUID]
    """Annotations of `base_version` that are gone."""
    claimed_by: UUID | None


def views_of(annotations: Iterable[image.Annotation], project: ProjectState) -> list[Annotation]:
    """Annotations with merged categories followed; those of a removed category are left out."""
    views: list[Annotation] = []
    for annotation in annotations:
        category_id = project.resolved(annotation.category_id)
        if category_id is not None:
            views.append(
                Annotation(
                    annotation.annotation_id,
                    category_id,
                    annotation.geometry,
                    annotation.source,
                    annotation.confidence,
                    annotation.created_by,
                    annotation.version,
                    annotation.prediction_id,
                    annotation.run_id,
                )
            )
    return views


def difference(
    before: ImageState, after: ImageState, position: int, named: Collection[UUID], project: ProjectState
) -> CommandsApplied:
    told = [a for a in after.annotations.values() if a.version > before.version or a.annotation_id in named]
    return CommandsApplied(
        image_id=after.image_id,
        base_version=before.version,
        version=after.version,
        position=position or None,
        state=after.state,
        annotations=views_of(told, project),
        removed_ids=[id for id in before.annotations if id not in after.annotations],
        claimed_by=after.claimed_by,
    )
