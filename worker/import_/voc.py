"""Pascal VOC: Annotations/*.xml, JPEGImages/, and splits in ImageSets/Main/*.txt."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from domain.geometry import box_from_corners
from worker.import_.records import ImportImage, ImportProblem, Item, checked_shape, pictures_below

MAX_XML_BYTES = 20_000_000


def read_voc(root: Path) -> Iterator[Item]:
    """VOC counts pixels from 1, both corners inclusive; files in the wild differ, so coordinates are taken as they are
    and clipped to the picture."""
    pictures = {path.stem: path for path in pictures_below(root)}
    splits = _splits(root)
    for label_file in sorted(root.rglob("*.xml")):
        if label_file.stat().st_size > MAX_XML_BYTES:
            yield ImportProblem(label_file.name, "the label file is too large")
            continue
        try:
            tree = ET.fromstring(_without_doctype(label_file.read_bytes()))
        except (ET.ParseError, ValueError) as broken:
            yield ImportProblem(label_file.name, f"not XML: {broken}")
            continue
        yield from _image(label_file, tree, pictures, splits)


def _image(label_file: Path, tree: ET.Element, pictures: dict[str, Path], splits: dict[str, str]) -> Iterator[Item]:
    width, height = _number(tree, "size/width"), _number(tree, "size/height")
    if not width or not height or width <= 0 or height <= 0:
        yield ImportProblem(label_file.name, "the picture's size is missing")
        return
    shapes = []
    for index, entry in enumerate(tree.iter("object")):
        name = (entry.findtext("name") or "").strip()
        corners = [_number(entry, f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax")]
        if not name or any(corner is None for corner in corners):
            yield ImportProblem(label_file.name, f"object {index} has no name or no box")
            continue
        left, top, right, bottom = (corner or 0.0 for corner in corners)
        shape = checked_shape(box_from_corners(left, top, right, bottom), int(width), int(height))
        if isinstance(shape, str):
            yield ImportProblem(label_file.name, f"object {index} ({name}): {shape}")
        else:
            shapes.append((name, shape))
    path = pictures.get(label_file.stem)
    named = (tree.findtext("filename") or "").strip() or f"{label_file.stem}.jpg"
    file_name = path.name if path else Path(named).name
    yield ImportImage(file_name, path, int(width), int(height), shapes, splits.get(label_file.stem))


def _splits(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for split in ("trainval", "train", "val", "test"):
        for listing in root.rglob(f"ImageSets/Main/{split}.txt"):
            found |= {line.split()[0]: split for line in listing.read_text().splitlines() if line.strip()}
    return found


def _number(element: ET.Element, path: str) -> float | None:
    try:
        return float(element.findtext(path) or "")
    except ValueError:
        return None


def _without_doctype(document: bytes) -> bytes:
    # Entities can blow a small file up to gigabytes; no label file needs them.
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        raise ValueError("a document type is not allowed")
    return document
