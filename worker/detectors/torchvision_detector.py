"""torchvision's Faster R-CNN with MobileNetV3 and FPN (BSD-3-Clause) behind the Detector port."""

import math
import platform
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from uuid import UUID

import numpy as np
import torch
import torchvision
from torchvision.models.detection import FasterRCNN, fasterrcnn_mobilenet_v3_large_320_fpn
from torchvision.transforms.functional import to_tensor

from adapters.pictures import upright
from domain.geometry import bounding_box, box_from_corners
from domain.ports import Detection, EpochMetrics, Mirror, TrainedWeights, TrainingPlan, TrainingSample

NO_WEIGHTS = (
    "No pretrained weights for torchvision's Faster R-CNN were found, so it starts from scratch: few-shot quality is "
    "gone. Give fasterrcnn_mobilenet_v3_large_320_fpn.pth as base weights."
)
BOXES_ONLY = "This detector knows boxes only: polygons were trained as the boxes around them."
MIN_SIDE_PX = 2.0
MIRRORED_AXES: dict[Mirror, list[int]] = {"none": [], "horizontal": [-1], "vertical": [-2], "both": [-1, -2]}

Target = dict[str, torch.Tensor]


class TorchvisionDetector:
    name = "torchvision"

    def train(self, plan: TrainingPlan, report: Callable[[EpochMetrics | str], None]) -> TrainedWeights:
        """AdamW with cosine decay over the plan's epochs; horizontal flips; the last weights count."""
        torch.manual_seed(plan.seed)
        random = Random(plan.seed)
        device = _device(plan.device)
        notices = [BOXES_ONLY] if plan.task == "segment" else []
        model = _model(len(plan.category_names), plan.image_size)
        base = Path(plan.base_weights)
        if base.is_file() and base.suffix == ".pth":
            _load_matching(model, base)
        else:
            notices.append(NO_WEIGHTS)
        model.to(device).train()
        batches = math.ceil(len(plan.train) / plan.batch)
        rate = float(plan.settings.get("lr0", 5e-4))
        decay = float(plan.settings.get("weight_decay", 5e-4))
        optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=rate, weight_decay=decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=max(2, batches * plan.epochs))
        for epoch in range(1, plan.epochs + 1):
            order = list(plan.train)
            random.shuffle(order)
            sums: dict[str, float] = {}
            pending = iter(order)
            while group := list(islice(pending, plan.batch)):
                losses = model(*_examples(group, random, device))
                total = torch.stack(list(losses.values())).sum()
                optimizer.zero_grad()
                total.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
                optimizer.step()
                schedule.step()
                for name, value in losses.items():
                    sums[name] = sums.get(name, 0.0) + float(value)
            report(EpochMetrics(epoch, plan.epochs, _losses(sums, batches)))
        path = plan.work_dir / "last.pth"
        state = {"model": model.state_dict(), "categories": len(plan.category_names), "image_size": plan.image_size}
        torch.save(state, path)
        return TrainedWeights(path, plan.batch, notices, _versions())

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
        chosen = _device(device)
        # Tensors and numbers only: nothing in the file can run.
        state = torch.load(weights, map_location="cpu", weights_only=True)
        model = _model(state["categories"], image_size)
        model.load_state_dict(state["model"])
        model.to(chosen).eval()
        pending = iter(images)
        while group := list(islice(pending, batch)):
            pictures = [upright(path) for _, path in group]
            tensors = [to_tensor(picture) for picture in pictures]
            with torch.inference_mode():
                outputs = model([t.flip(MIRRORED_AXES[mirror]).to(chosen) for t in tensors])
            for (image_id, _), picture, output in zip(group, pictures, outputs, strict=True):
                yield image_id, _detections(output, picture.width, picture.height, min_confidence, mirror)


def _model(categories: int, image_size: int) -> FasterRCNN:
    return fasterrcnn_mobilenet_v3_large_320_fpn(
        weights=None,
        weights_backbone=None,
        # torchvision keeps class 0 for the background.
        num_classes=categories + 1,
        min_size=image_size,
        max_size=image_size * 2,
        box_score_thresh=0.0,
        # From scratch with batches of a few pictures, frozen BatchNorm statistics would never be right.
        norm_layer=torch.nn.BatchNorm2d,
        trainable_backbone_layers=6,
    )


def _load_matching(model: FasterRCNN, path: Path) -> None:
    state = torch.load(path, map_location="cpu", weights_only=True)
    state = state.get("model", state)
    own = model.state_dict()
    model.load_state_dict({k: v for k, v in state.items() if k in own and own[k].shape == v.shape}, strict=False)


def _examples(
    group: list[TrainingSample], random: Random, device: torch.device
) -> tuple[list[torch.Tensor], list[Target]]:
    pictures: list[torch.Tensor] = []
    targets: list[Target] = []
    for sample in group:
        picture = to_tensor(upright(sample.path))
        boxes = [(class_index, bounding_box(geometry)) for class_index, geometry in sample.shapes]
        rows = [
            (c, b.x, b.y, b.right, b.bottom) for c, b in boxes if b.width >= MIN_SIDE_PX and b.height >= MIN_SIDE_PX
        ]
        table = np.array(rows, dtype=np.float32).reshape(-1, 5)
        if random.random() < 0.5:
            picture = picture.flip(-1)
            table[:, [1, 3]] = sample.width - table[:, [3, 1]]
        pictures.append(picture.to(device))
        targets.append(
            {
                "boxes": torch.from_numpy(table[:, 1:].copy()).to(device),
                "labels": torch.from_numpy(table[:, 0].astype(np.int64) + 1).to(device),
            }
        )
    return pictures, targets


def _losses(sums: dict[str, float], batches: int) -> dict[str, float]:
    """Under the names that every detector reports."""
    mean = {name: value / batches for name, value in sums.items()}
    return {
        "box_loss": mean["loss_box_reg"] + mean["loss_rpn_box_reg"],
        "cls_loss": mean["loss_classifier"],
        "dfl_loss": mean["loss_objectness"],
    }


def _detections(output: Target, width: int, height: int, min_confidence: float, mirror: Mirror) -> list[Detection]:
    found: list[Detection] = []
    for corners, label, score in zip(output["boxes"], output["labels"], output["scores"], strict=True):
        confidence = float(score)
        left, top, right, bottom = (float(value) for value in corners)
        if mirror in ("horizontal", "both"):
            left, right = width - right, width - left
        if mirror in ("vertical", "both"):
            top, bottom = height - bottom, height - top
        if confidence >= min_confidence and right - left > 1e-3 and bottom - top > 1e-3:
            found.append(Detection(int(label) - 1, box_from_corners(left, top, right, bottom), confidence))
    return sorted(found, key=lambda detection: -detection.confidence)


def _device(device: str) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(device)


def _versions() -> dict[str, str]:
    return {
        "torchvision": torchvision.__version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
