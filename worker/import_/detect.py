"""Which layout a folder has, and its reader."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from worker.import_.coco import read_coco
from worker.import_.records import ImportProblem, Item, Layout
from worker.import_.voc import read_voc
from worker.import_.yolo import read_yolo


def layout_of(root: Path) -> Layout | None:
    """voc: Annotations/*.xml; yolo: a data.yaml or labels/*.txt; coco: a JSON with images and annotations."""
    if any(root.rglob("Annotations/*.xml")) or any(root.rglob("annotations/*.xml")):
        return "voc"
    if coco_files(root):
        return "coco"
    if any(root.rglob("data.yaml")) or any(root.rglob("labels/**/*.txt")):
        return "yolo"
    return "voc" if any(root.rglob("*.xml")) else None


def coco_files(root: Path) -> list[Path]:
    found: list[Path] = []
    for path in sorted(root.rglob("*.json")):
        if path.name == "manifest.json":
            continue
        try:
            document = msgspec.json.decode(path.read_bytes())
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if isinstance(document, dict) and {"images", "annotations", "categories"} <= document.keys():
            found.append(path)
    return found


def read_dataset(root: Path) -> Iterator[Item]:
    """Every image and problem of the dataset below `root`."""
    match layout_of(root):
        case "voc":
            yield from read_voc(root)
        case "coco":
            for document in coco_files(root):
                yield from read_coco(document, root)
        case "yolo":
            yield from read_yolo(root)
        case None:
            yield ImportProblem("", "this is neither a COCO, a YOLO nor a Pascal VOC dataset")
