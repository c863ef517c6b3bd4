"""YOLO: images and labels split into train and val, and a data.yaml that Ultralytics trains on as it is."""

import hashlib
from collections.abc import Iterator, Sequence

from domain.geometry import Geometry, Mask
from worker.datasets import label_lines
from worker.export.archive import Member, zip_stream
from worker.export.records import ExportImage, ExportPlan, FetchImage, unique_names

README = (
    "Train with: yolo train data=data.yaml model=yolov8n.pt\n"
    "An empty label file is a picture that was checked and holds nothing: it trains as a negative.\n"
)


def write_yolo(plan: ExportPlan, fetch: FetchImage | None) -> Iterator[bytes]:
    """The zip's chunks. Without `fetch` the pictures are left out and only their names remain in images.txt."""
    manifest = {
        "format": "yolo",
        "project": plan.project_name,
        "project_id": str(plan.project_id),
        "position": plan.position,
        "images": len(plan.images),
        "annotations": sum(len(image.annotations) for image in plan.images),
        "categories": [category.name for category in plan.categories],
        "settings": plan.settings,
    }
    return zip_stream(_members(plan, fetch), manifest)


def _members(plan: ExportPlan, fetch: FetchImage | None) -> Iterator[Member]:
    order = {category.category_id: index for index, category in enumerate(plan.categories)}
    names = unique_names(plan.images)
    splits = [split_of(image, plan.validation_share) for image in plan.images]
    if "train" not in splits and splits:
        splits[0] = "train"
    yield Member("data.yaml", _data_yaml(plan, has_validation="val" in splits).encode())
    yield Member("README.txt", README.encode())
    for image, name, split in zip(plan.images, names, splits, strict=True):
        shapes = [
            (order[a.category_id], outline)
            for a in image.annotations
            if a.category_id in order
            for outline in _outlines(a.geometry)
        ]
        lines = label_lines(shapes, image.width, image.height, plan.task)
        stem = name.rpartition(".")[0]
        yield Member(f"labels/{split}/{stem}.txt", "".join(f"{line}\n" for line in lines).encode())
        if fetch is not None:
            yield Member(f"images/{split}/{name}", fetch(image.digest), compressed=False)
    if fetch is None:
        listing = "".join(
            f"{split}\t{name}\t{image.digest}\n" for image, name, split in zip(plan.images, names, splits, strict=True)
        )
        yield Member("images.txt", listing.encode())


def _outlines(geometry: Geometry) -> Sequence[Geometry]:
    if not isinstance(geometry, Mask):
        return [geometry]
    from worker.export.masks import polygons_of_mask  # OpenCV and pycocotools only where there are masks

    return polygons_of_mask(geometry)


def split_of(image: ExportImage, validation_share: float) -> str:
    """`val` for about `validation_share` of the groups, by the group's hash: it never changes as the dataset grows."""
    group = image.group or image.digest
    bucket = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64
    return "val" if bucket < validation_share else "train"


def _data_yaml(plan: ExportPlan, *, has_validation: bool) -> str:
    names = "".join(f"  {i}: {_quoted(category.name)}\n" for i, category in enumerate(plan.categories))
    validation = "images/val" if has_validation else "images/train"
    head = f"# Auto-Annotation, log position {plan.position}\npath: .\n"
    return f"{head}train: images/train\nval: {validation}\nnames:\n{names}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
