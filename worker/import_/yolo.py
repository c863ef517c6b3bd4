"""YOLO folders: data.yaml with names, images/ beside labels/, rows of normalised boxes or polygons."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from PIL import Image, UnidentifiedImageError

from domain.geometry import Box, Geometry, Polygon
from worker.import_.records import ImportImage, ImportProblem, Item, checked_shape, pictures_below


def read_yolo(root: Path) -> Iterator[Item]:
    """A picture without a label file holds nothing, as YOLO trains it: a negative."""
    names = _names(root)
    labels = {path.stem: path for path in sorted(root.rglob("labels/**/*.txt"))}
    for picture in pictures_below(root):
        try:
            with Image.open(picture) as opened:
                width, height = opened.size
        except (UnidentifiedImageError, OSError) as broken:
            yield ImportProblem(picture.name, f"the picture cannot be read: {broken}")
            continue
        label_file = labels.get(picture.stem)
        shapes: list[tuple[str, Geometry]] = []
        for number, line in enumerate(label_file.read_text().splitlines() if label_file else [], start=1):
            if not line.strip():
                continue
            parsed = _row(line, names, width, height)
            if isinstance(parsed, str):
                yield ImportProblem(picture.name, f"line {number}: {parsed}")
            else:
                shapes.append(parsed)
        split = next((part for part in picture.parts if part in ("train", "val", "test")), None)
        yield ImportImage(picture.name, picture, width, height, shapes, split)


def _row(line: str, names: dict[int, str], width: int, height: int) -> tuple[str, Geometry] | str:
    try:
        first, *rest = line.split()
        class_index, values = int(first), [float(value) for value in rest]
    except ValueError:
        return "not numbers"
    if class_index < 0:
        return "a class index below zero"
    name = names.get(class_index, f"class {class_index}")
    if len(values) in (4, 5):
        x, y, w, h = (value * size for value, size in zip(values, (width, height, width, height), strict=False))
        geometry: Geometry = Box(x - w / 2, y - h / 2, w, h)
    elif len(values) >= 6 and len(values) % 2 == 0:
        points = zip(values[::2], values[1::2], strict=True)
        geometry = Polygon((tuple((x * width, y * height) for x, y in points),))
    else:
        return f"{len(values)} values are neither a box nor a polygon"
    shape = checked_shape(geometry, width, height)
    return shape if isinstance(shape, str) else (name, shape)


def _names(root: Path) -> dict[int, str]:
    for file_name in ("data.yaml", "dataset.yaml", "data.yml"):
        for path in sorted(root.rglob(file_name)):
            try:
                document: Any = yaml.safe_load(path.read_text())
            except yaml.YAMLError:
                continue
            names = document.get("names") if isinstance(document, dict) else None
            if isinstance(names, list):
                return {index: str(name) for index, name in enumerate(names)}
            if isinstance(names, dict):
                return {int(index): str(name) for index, name in names.items() if str(index).isdigit()}
    for path in sorted(root.rglob("classes.txt")):
        return {index: line.strip() for index, line in enumerate(path.read_text().splitlines()) if line.strip()}
    return {}
