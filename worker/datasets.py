"""A YOLO dataset on disk for one training, in a fresh directory: no stale file and no stale label cache can train."""

import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from domain.geometry import Box, Geometry, Mask, Polygon, bounding_box
from domain.ports import TrainingPlan, TrainingSample


def write_yolo_dataset(plan: TrainingPlan) -> Path:
    """Write images and labels of `plan` below its work_dir; answers the path of data.yaml.

    Files are named by image id and copy, so equal names cannot collide. A negative gets an empty label file. Without
    validation images the training ones stand in, because Ultralytics wants the entry; it is then never validated on.
    """
    root = plan.work_dir / "dataset"
    root.mkdir(parents=True, exist_ok=False)
    for split, samples in (("train", plan.train), ("val", plan.validation)):
        (root / "images" / split).mkdir(parents=True)
        (root / "labels" / split).mkdir(parents=True)
        copies = Counter[object]()
        for sample in samples:
            copies[sample.image_id] += 1
            name = f"{sample.image_id}-{copies[sample.image_id]}"
            _place_image(sample, root / "images" / split, name)
            lines = label_lines(sample.shapes, sample.width, sample.height, plan.task)
            (root / "labels" / split / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))
    names = "".join(f"  {index}: {_quoted(name)}\n" for index, name in enumerate(plan.category_names))
    validation = "val" if plan.validation else "train"
    data = root / "data.yaml"
    data.write_text(f"path: {_quoted(str(root))}\ntrain: images/train\nval: images/{validation}\nnames:\n{names}")
    return data


def label_lines(shapes: Sequence[tuple[int, Geometry]], width: int, height: int, task: str) -> list[str]:
    """YOLO label rows of an image of `width` x `height` px: normalised centre and size, or a normalised polygon."""
    rows: list[str] = []
    for class_index, geometry in shapes:
        if task == "segment":
            points = _outline(geometry)
            rows.append(f"{class_index} " + " ".join(f"{x / width:.6f} {y / height:.6f}" for x, y in points))
        else:
            box = bounding_box(geometry)
            rows.append(
                f"{class_index} {(box.x + box.width / 2) / width:.6f} {(box.y + box.height / 2) / height:.6f} "
                f"{box.width / width:.6f} {box.height / height:.6f}"
            )
    return rows


def _outline(geometry: Geometry) -> Sequence[tuple[float, float]]:
    match geometry:
        case Polygon(rings=rings):
            return rings[0]
        case Box():
            return (
                (geometry.x, geometry.y),
                (geometry.right, geometry.y),
                (geometry.right, geometry.bottom),
                (geometry.x, geometry.bottom),
            )
        case Mask():
            raise ValueError("a mask becomes a polygon before a dataset is written")


def _place_image(sample: TrainingSample, folder: Path, name: str) -> None:
    target = folder / f"{name}{sample.path.suffix.lower()}"
    try:
        os.link(sample.path, target)
    except OSError:
        # Another file system, or one without links.
        shutil.copyfile(sample.path, target)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
