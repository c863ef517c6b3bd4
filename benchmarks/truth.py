"""A labelled dataset on disk whose labels play the person, and the pictures of it that nobody may train on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.geometry import Box, bounding_box
from worker.drawn_parts import draw_parts
from worker.import_.detect import read_dataset
from worker.import_.records import ImportImage

HELD_OUT_SHARE = 5
"""One picture in so many, by its place in the sorted names, where a dataset names no test split."""


@dataclass(frozen=True)
class LabelledPicture:
    path: Path
    labels: Sequence[tuple[str, Box]]


@dataclass(frozen=True)
class Dataset:
    name: str
    pool: Sequence[LabelledPicture]
    test: Sequence[LabelledPicture]
    categories: Sequence[str]


def read_truth(root: Path) -> Dataset:
    """COCO, YOLO or Pascal VOC. Held out: the official test split; without one, the validation split or each fifth."""
    images = sorted(
        (item for item in read_dataset(root) if isinstance(item, ImportImage) and item.path is not None),
        key=lambda item: item.file_name,
    )
    if not images:
        raise ValueError(f"{root} holds no pictures with labels in COCO, YOLO or Pascal VOC layout")
    splits = {item.split for item in images}
    held_out = "test" if "test" in splits else "val" if {"train", "val"} <= splits else None
    test = [
        item
        for place, item in enumerate(images)
        if (item.split == held_out if held_out else place % HELD_OUT_SHARE == HELD_OUT_SHARE - 1)
    ]
    chosen = {item.file_name for item in test}
    pool = [item for item in images if item.file_name not in chosen]
    categories = sorted({name for item in images for name, _ in item.shapes})
    return Dataset(root.name, [_labelled(i) for i in pool], [_labelled(i) for i in test], categories)


def drawn_truth(folder: Path, pool: int = 120, test: int = 40) -> Dataset:
    """Drawn machine parts, where nobody brought pictures."""
    images = list(draw_parts(folder, pool + test, seed=7))
    categories = sorted({name for item in images for name, _ in item.shapes})
    pictures = [_labelled(item) for item in images]
    return Dataset("drawn parts", pictures[:pool], pictures[pool:], categories)


def _labelled(item: ImportImage) -> LabelledPicture:
    assert item.path is not None, "read_truth keeps pictures only"
    return LabelledPicture(item.path, [(name, bounding_box(geometry)) for name, geometry in item.shapes])
