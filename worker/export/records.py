"""What an export is written from: plain records, already resolved to active categories."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from domain.geometry import Geometry

FetchImage = Callable[[str], bytes]
"""The bytes of the picture with this SHA-256."""


class ExportAnnotation(msgspec.Struct, frozen=True):
    annotation_id: UUID
    category_id: UUID
    geometry: Geometry
    source: str
    confidence: float | None = None


class ExportImage(msgspec.Struct, frozen=True):
    image_id: UUID
    file_name: str
    digest: str
    width: int
    height: int
    state: str
    annotations: Sequence[ExportAnnotation]
    group: str = ""
    """Images of one group go to the same side of the split; without one an image is its own group."""


class ExportCategory(msgspec.Struct, frozen=True):
    category_id: UUID
    name: str
    color: str = ""


class ExportPlan(msgspec.Struct, frozen=True):
    project_id: UUID
    project_name: str
    position: int
    """The log position that everything is true for."""
    categories: Sequence[ExportCategory]
    """In class order."""
    images: Sequence[ExportImage]
    task: str = "detect"
    include_images: bool = True
    validation_share: float = 0.2
    settings: dict[str, Any] = {}


def unique_names(images: Sequence[ExportImage]) -> list[str]:
    """A file name for each image, without path parts; equal names are told apart by the image's id."""
    taken: set[str] = set()
    names: list[str] = []
    for image in images:
        stem, dot, suffix = image.file_name.replace("/", "_").replace("\\", "_").rpartition(".")
        if not dot:
            stem, suffix = suffix, "jpg"
        # Two names with one stem would share a label file, so the stem must be unique, whatever the ending and case.
        if stem.casefold() in taken or not stem:
            stem = f"{stem}-{image.image_id.hex[-12:]}"
        taken.add(stem.casefold())
        names.append(f"{stem}.{suffix}")
    return names
