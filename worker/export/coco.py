"""COCO detection JSON (and pictures), valid for pycocotools; integer ids follow the order of images and categories."""

from collections.abc import Iterator
from typing import Any

import msgspec

from domain.geometry import Box, Geometry, Mask, Polygon, area, bounding_box
from worker.export.archive import Member, zip_stream
from worker.export.records import ExportPlan, FetchImage, unique_names


class CocoImage(msgspec.Struct, frozen=True):
    id: int
    file_name: str
    width: int
    height: int
    license: int
    uuid: str
    sha256: str
    state: str


class CocoAnnotation(msgspec.Struct, frozen=True):
    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    area: float
    iscrowd: int
    segmentation: Any
    uuid: str
    source: str
    score: float | None = None


def write_coco(plan: ExportPlan, fetch: FetchImage | None) -> Iterator[bytes]:
    """The zip's chunks: annotations.json, and images/ where `fetch` gives them."""
    document = coco_document(plan)
    manifest = {
        "format": "coco",
        "project": plan.project_name,
        "project_id": str(plan.project_id),
        "position": plan.position,
        "images": len(plan.images),
        "annotations": len(document["annotations"]),
        "categories": [category.name for category in plan.categories],
        "settings": plan.settings,
    }
    return zip_stream(_members(plan, document, fetch), manifest)


def coco_document(plan: ExportPlan) -> dict[str, Any]:
    """Everything of annotations.json. Category ids begin at 1, as COCO's do."""
    order = {category.category_id: index for index, category in enumerate(plan.categories, start=1)}
    images: list[CocoImage] = []
    annotations: list[CocoAnnotation] = []
    for number, (image, name) in enumerate(zip(plan.images, unique_names(plan.images), strict=True), start=1):
        images.append(
            CocoImage(number, name, image.width, image.height, 1, str(image.image_id), image.digest, image.state)
        )
        for annotation in image.annotations:
            category = order.get(annotation.category_id)
            if category is None:
                continue
            box, size, segmentation = _shape(annotation.geometry)
            annotations.append(
                CocoAnnotation(
                    len(annotations) + 1,
                    number,
                    category,
                    (box.x, box.y, box.width, box.height),
                    size,
                    0,
                    segmentation,
                    str(annotation.annotation_id),
                    annotation.source,
                    annotation.confidence,
                )
            )
    return {
        "info": {"description": plan.project_name, "version": str(plan.position), "contributor": "Auto-Annotation"},
        "licenses": [{"id": 1, "name": "as the pictures' owner says", "url": ""}],
        "categories": [
            {"id": index, "name": category.name, "supercategory": "object"}
            for index, category in enumerate(plan.categories, start=1)
        ],
        "images": images,
        "annotations": annotations,
    }


def _shape(geometry: Geometry) -> tuple[Box, float, Any]:
    """(box, area, segmentation) of one annotation, px."""
    match geometry:
        case Box():
            x, y, right, bottom = geometry.x, geometry.y, geometry.right, geometry.bottom
            return geometry, geometry.width * geometry.height, [[x, y, right, y, right, bottom, x, bottom]]
        case Polygon(rings=rings):
            # COCO's polygons know no holes: the outline stands for the whole.
            return bounding_box(geometry), area(geometry), [[c for point in rings[0] for c in point]]
        case Mask(size=size, counts=counts):
            from worker.export.masks import decoded  # OpenCV and pycocotools only where there are masks

            rows, columns = decoded(geometry).nonzero()
            if not len(rows):
                return Box(0.0, 0.0, 0.0, 0.0), 0.0, {"size": list(size), "counts": counts}
            left, top = float(columns.min()), float(rows.min())
            box = Box(left, top, float(columns.max()) + 1 - left, float(rows.max()) + 1 - top)
            return box, float(len(rows)), {"size": list(size), "counts": counts}


def _members(plan: ExportPlan, document: dict[str, Any], fetch: FetchImage | None) -> Iterator[Member]:
    yield Member("annotations.json", msgspec.json.encode(document))
    if fetch is not None:
        for image, listed in zip(plan.images, document["images"], strict=True):
            yield Member(f"images/{listed.file_name}", fetch(image.digest), compressed=False)
