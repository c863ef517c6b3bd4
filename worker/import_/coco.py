"""COCO detection JSON: boxes, polygons and run-length masks."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from domain.geometry import Box, Geometry, Mask, Polygon
from worker.import_.records import ImportImage, ImportProblem, Item, checked_shape, pictures_below


class CocoImage(msgspec.Struct):
    id: int | str
    file_name: str
    width: int
    height: int


class CocoAnnotation(msgspec.Struct):
    image_id: int | str
    category_id: int | str
    bbox: list[float] | None = None
    segmentation: Any = None


class CocoCategory(msgspec.Struct):
    id: int | str
    name: str


class CocoDocument(msgspec.Struct):
    images: list[CocoImage]
    annotations: list[CocoAnnotation]
    categories: list[CocoCategory]


def read_coco(document: Path, root: Path) -> Iterator[Item]:
    """Images of `document`; its pictures are looked for by name below `root`."""
    try:
        coco = msgspec.json.decode(document.read_bytes(), type=CocoDocument)
    except (msgspec.DecodeError, msgspec.ValidationError) as broken:
        yield ImportProblem(document.name, f"not a COCO document: {broken}")
        return
    pictures = {path.name: path for path in pictures_below(root)}
    names = {category.id: category.name for category in coco.categories}
    by_image: defaultdict[int | str, list[CocoAnnotation]] = defaultdict(list)
    for annotation in coco.annotations:
        by_image[annotation.image_id].append(annotation)
    for image in coco.images:
        file_name = PurePosixPath(image.file_name.replace("\\", "/")).name
        shapes = []
        for index, annotation in enumerate(by_image.pop(image.id, [])):
            geometry = _geometry(annotation, image)
            name = names.get(annotation.category_id)
            shape = geometry if isinstance(geometry, str) else checked_shape(geometry, image.width, image.height)
            if name is None:
                shape = f"category {annotation.category_id} is not in the document"
            if isinstance(shape, str):
                yield ImportProblem(file_name, f"annotation {index}: {shape}")
            else:
                shapes.append((name or "", shape))
        yield ImportImage(file_name, pictures.get(file_name), image.width, image.height, shapes)
    for image_id, left in by_image.items():
        yield ImportProblem(document.name, f"{len(left)} annotations of image {image_id}, which is not in the document")


def _geometry(annotation: CocoAnnotation, image: CocoImage) -> Geometry | str:
    match annotation.segmentation:
        case {"size": [int(height), int(width)], "counts": str(counts)}:
            return Mask((height, width), counts)
        case [[*first], *rest] if len(first) >= 6 and not _is_box(first, annotation.bbox):
            rings = [first, *(ring for ring in rest if isinstance(ring, list) and len(ring) >= 6)]
            try:
                outline = max(rings, key=len)
                points = [float(value) for value in outline]
            except (TypeError, ValueError):
                return "its segmentation holds what is no number"
            return Polygon((tuple(zip(points[::2], points[1::2], strict=False)),))
    if annotation.bbox is None or len(annotation.bbox) != 4:
        return "it has neither a polygon nor a box"
    x, y, width, height = annotation.bbox
    return Box(x, y, width, height)


def _is_box(ring: list[Any], bbox: list[float] | None) -> bool:
    """Whether the polygon only repeats the box, as exporters of boxes write it."""
    if bbox is None or len(bbox) != 4 or len(ring) != 8:
        return False
    x, y, width, height = bbox
    corners = {(x, y), (x + width, y), (x + width, y + height), (x, y + height)}
    return all(
        any(abs(px - cx) < 0.01 and abs(py - cy) < 0.01 for cx, cy in corners)
        for px, py in zip(ring[::2], ring[1::2], strict=True)
    )
