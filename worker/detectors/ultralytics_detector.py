"""Ultralytics YOLO (AGPL-3.0) behind the Detector port. Import it only in a process of its own."""

import os
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

# Before the import: no telemetry, no download, no package installed behind our back (learning.md 3.5).
os.environ.setdefault("YOLO_OFFLINE", "true")
os.environ.setdefault("YOLO_AUTOINSTALL", "false")
os.environ.setdefault("YOLO_VERBOSE", "false")

import numpy as np
import torch
import ultralytics
from ultralytics import YOLO, settings

from adapters.pictures import upright
from domain.geometry import Box, Polygon, box_from_corners
from domain.ports import Detection, EpochMetrics, Mirror, TrainedWeights, TrainingPlan
from worker.datasets import write_yolo_dataset
from worker.weights import resolve_weights

MAX_DETECTIONS = 300
NMS_IOU = 0.7
LOSSES = {
    "train/box_loss": "box_loss",
    "train/seg_loss": "seg_loss",
    "train/cls_loss": "cls_loss",
    "train/dfl_loss": "dfl_loss",
}
METRICS = {
    "metrics/precision(B)": "precision",
    "metrics/recall(B)": "recall",
    "metrics/mAP50(B)": "map50",
    "metrics/mAP50-95(B)": "map50_95",
}


class UltralyticsDetector:
    name = "ultralytics"

    def train(self, plan: TrainingPlan, report: Callable[[EpochMetrics | str], None]) -> TrainedWeights:
        """Fixed length, last weights (few images make the best epoch a lottery ticket, learning.md 3.1)."""
        settings.update({"sync": False})
        resolved = resolve_weights(plan.base_weights, _weights_dir(plan))
        notices = [resolved.notice] if resolved.notice else []
        data = write_yolo_dataset(plan)
        model = _model(resolved.path, resolved.architecture, plan.task)
        _relay_epochs(model, plan, report)
        overrides = dict(plan.settings)
        overrides.pop("weights_dir", None)
        model.train(
            data=str(data),
            epochs=plan.epochs,
            batch=plan.batch,
            imgsz=plan.image_size,
            seed=plan.seed,
            device=_device(plan.device),
            project=str(plan.work_dir),
            name="run",
            exist_ok=True,
            workers=0,
            # The check of mixed precision would download a model of its own.
            amp="bf16" if _device(plan.device) != "cpu" else False,
            val=bool(plan.validation),
            plots=False,
            save_period=-1,
            verbose=False,
            **overrides,
        )
        trainer: Any = model.trainer
        if trainer.args.batch != plan.batch:
            notices.append(f"The batch was lowered from {plan.batch} to {trainer.args.batch}: memory ran out.")
        last = Path(trainer.last)
        return TrainedWeights(last, int(trainer.args.batch), notices, _versions())

    def predict(
        self,
        weights: Path,
        images: Iterable[tuple[UUID, Path]],
        *,
        image_size: int,
        batch: int,
        min_confidence: float,
        device: str,
        mirror: Mirror = "none",
    ) -> Iterator[tuple[UUID, list[Detection]]]:
        """Pictures are turned upright as the annotations' coordinates are."""
        model = YOLO(str(weights))
        pending = iter(images)
        while group := list(islice(pending, batch)):
            pictures = [_array(path, mirror) for _, path in group]
            results = model.predict(
                pictures,
                imgsz=image_size,
                conf=min_confidence,
                iou=NMS_IOU,
                max_det=MAX_DETECTIONS,
                device=_device(device),
                batch=len(pictures),
                verbose=False,
            )
            for (image_id, _), picture, result in zip(group, pictures, results, strict=True):
                yield image_id, _detections(result, picture.shape[1], picture.shape[0], mirror)


def _model(path: Path | None, architecture: str, task: str) -> YOLO:
    if path is not None and (task == "detect" or "-seg" in path.name):
        return YOLO(str(path))
    model = YOLO(architecture, task=task)
    if path is not None:
        # By name and shape: a segmentation model starts from its detector's backbone and neck.
        model.load(str(path))
    return model


def _weights_dir(plan: TrainingPlan) -> Path | None:
    folder = plan.settings.get("weights_dir")
    return Path(folder) if folder else None


def _relay_epochs(model: YOLO, plan: TrainingPlan, report: Callable[[EpochMetrics | str], None]) -> None:
    reported: set[int] = set()

    def on_fit_epoch_end(trainer: Any) -> None:
        epoch = trainer.epoch + 1
        if epoch in reported or epoch > plan.epochs:
            # final_eval fires this once more.
            return
        reported.add(epoch)
        losses = trainer.label_loss_items(trainer.tloss, prefix="train")
        values = {LOSSES[name]: float(value) for name, value in losses.items() if name in LOSSES}
        values |= {f"lr_{n}": float(lr) for n, lr in enumerate(list(trainer.lr.values())[:1])}
        of_class: dict[int, float] = {}
        if plan.validation:
            values |= {METRICS[k]: float(v) for k, v in trainer.metrics.items() if k in METRICS}
            box = trainer.validator.metrics.box
            of_class = {int(c): float(ap) for c, ap in zip(box.ap_class_index, box.ap, strict=True)}
        report(EpochMetrics(epoch, plan.epochs, values, of_class))

    model.add_callback("on_fit_epoch_end", on_fit_epoch_end)


def _array(path: Path, mirror: Mirror) -> np.ndarray:
    """uint8 (height, width, 3), BGR as Ultralytics wants arrays."""
    rgb = np.asarray(upright(path))
    bgr = rgb[:, :, ::-1]
    rows = slice(None, None, -1 if mirror in ("vertical", "both") else 1)
    columns = slice(None, None, -1 if mirror in ("horizontal", "both") else 1)
    return np.ascontiguousarray(bgr[rows, columns])


def _detections(result: Any, width: int, height: int, mirror: Mirror) -> list[Detection]:
    boxes = result.boxes
    corners = boxes.xyxy.cpu().numpy().astype(float)
    classes = boxes.cls.cpu().numpy().astype(int)
    confidences = boxes.conf.cpu().numpy().astype(float)
    if mirror in ("horizontal", "both"):
        corners[:, [0, 2]] = width - corners[:, [2, 0]]
    if mirror in ("vertical", "both"):
        corners[:, [1, 3]] = height - corners[:, [3, 1]]
    corners[:, [0, 2]] = corners[:, [0, 2]].clip(0, width)
    corners[:, [1, 3]] = corners[:, [1, 3]].clip(0, height)
    outlines: Sequence[np.ndarray] | None = None if result.masks is None else result.masks.xy
    detections: list[Detection] = []
    for index, (left, top, right, bottom) in enumerate(corners):
        if right - left < 1e-3 or bottom - top < 1e-3:
            continue
        box = box_from_corners(float(left), float(top), float(right), float(bottom))
        geometry: Box | Polygon = box
        if outlines is not None and len(outlines[index]) >= 3:
            geometry = _polygon(outlines[index], width, height, mirror)
        detections.append(Detection(int(classes[index]), geometry, float(confidences[index])))
    return detections


def _polygon(outline: np.ndarray, width: int, height: int, mirror: Mirror) -> Polygon:
    xs = (width - outline[:, 0] if mirror in ("horizontal", "both") else outline[:, 0]).clip(0, width)
    ys = (height - outline[:, 1] if mirror in ("vertical", "both") else outline[:, 1]).clip(0, height)
    return Polygon((tuple((float(x), float(y)) for x, y in zip(xs, ys, strict=True)),))


def _device(device: str) -> str:
    if device != "auto":
        return device
    return "cuda:0" if torch.cuda.is_available() else "cpu"


def _versions() -> dict[str, str]:
    return {
        "ultralytics": ultralytics.__version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
