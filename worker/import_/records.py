"""What every reader yields, and the checks that they share."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from domain.errors import InvalidInput
from domain.geometry import Geometry, fitted

Layout = Literal["voc", "coco", "yolo"]
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


class ImportProblem(msgspec.Struct, frozen=True):
    file_name: str
    detail: str


class ImportImage(msgspec.Struct, frozen=True):
    """A picture with its labels. `path` None: labels without a picture; it must be in the project already, by name.

    `width`, `height` (px) are the label file's word, 0 where it says none.
    """

    file_name: str
    path: Path | None
    width: int
    height: int
    shapes: Sequence[tuple[str, Geometry]]
    """(category name, geometry)."""
    split: str | None = None


Item = ImportImage | ImportProblem


def checked_shape(geometry: Geometry, width: int, height: int) -> Geometry | str:
    """The geometry inside the picture, or why it is none. Labels of other tools often end a pixel outside."""
    try:
        return fitted(geometry, width, height)
    except InvalidInput as refused:
        return refused.detail


def pictures_below(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith("."):
            yield path
