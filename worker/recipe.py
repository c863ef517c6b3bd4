"""The few-shot recipe: every training setting from the number of images, nothing left to a library's default.

Source: design page learning.md sections 3.1-3.2 and 7.3. The learning-rate cap is Ultralytics PR #25933's; steps are
counted instead of epochs because of Ultralytics issue #20663; `nbs = batch` because gradient accumulation would leave
one optimizer step an epoch.
"""

import math
from typing import Any

import msgspec

WARMUP_STEPS = 30
MOSAIC_SHARE = 0.7
"""Mosaic is closed for the rest of the training, so that it ends on pictures as they are."""
PROPOSED_TIMES = 2
"""So many times the steps, where an earlier run's proposals are learned from too."""
LABELLED_SHARE = 0.3
"""At least so much of what such a training sees was labelled by people: with 10 of 205 pictures labelled, on BCCD's
validation split, map50_95 rose by 3.0 points with it and by 1.2 without."""
FROZEN_BELOW = 60
FROZEN_LAYERS = 10
"""The backbone of a YOLO detector: it knows everyday things already, and few pictures would make it forget
(learning.md 3.2); cells, X-rays or the view from above it has never seen, so there everything learns."""


class Recipe(msgspec.Struct, frozen=True):
    epochs: int
    batch: int
    settings: dict[str, Any]
    """Ultralytics' names for optimizer, learning rate, augmentation; passed through whole."""


def steps_for(images: int) -> int:
    """Optimizer steps for so many training images (learning.md 3.2, measured on BCCD's val split)."""
    return 320 if images <= 30 else 400 if images <= 60 else 700


def repeats_beside(images: int, proposed: int) -> int:
    """How often each of the labelled `images` stands in a training beside `proposed` ones."""
    return max(1, math.ceil(proposed * LABELLED_SHARE / (1 - LABELLED_SHARE) / images))


def recipe_for(
    images: int,
    categories: int,
    *,
    epochs: int | None = None,
    batch: int | None = None,
    steps: int | None = None,
    orientation_free: bool = False,
    everyday: bool = False,
    freeze: int | None = None,
    proposed: int = 0,
    overrides: dict[str, Any] | None = None,
) -> Recipe:
    """The recipe for `images` training images of `categories` categories; what the caller gives, it keeps.

    `orientation_free`: pictures have no up, so they may be flipped top to bottom. `everyday`: they look like those that
    the pretrained weights have seen. `proposed`: pictures beside them with
    an earlier run's boxes for labels; they lengthen the training and raise its learning rate. Raises ValueError without
    images.
    """
    if images < 1 or categories < 1:
        raise ValueError("training needs at least one image and one category")
    wanted_batch = batch or (4 if images <= 60 else 8 if images <= 200 else 16)
    seen = images * repeats_beside(images, proposed) + proposed
    chosen_batch = _batch_for(seen, wanted_batch)
    batches = math.ceil(seen / chosen_batch)
    # A batch that had to be smaller takes as many more steps: as many pictures are seen.
    usual_steps = steps_for(images) * (PROPOSED_TIMES if proposed else 1)
    chosen_steps = (steps or usual_steps) * max(1.0, wanted_batch / chosen_batch)
    chosen_epochs = epochs or max(2, math.ceil(chosen_steps / batches))
    settings: dict[str, Any] = {
        "optimizer": "AdamW",
        "lr0": min(0.01 / (4 + categories), 0.002 * math.sqrt(seen / 500)),
        "lrf": 0.05,
        "cos_lr": True,
        "weight_decay": 0.0005,
        "momentum": 0.9,
        "nbs": chosen_batch,
        "warmup_epochs": min(WARMUP_STEPS / batches, 0.1 * chosen_epochs),
        "warmup_bias_lr": 0.0,
        "mosaic": 1.0,
        "close_mosaic": max(1, round((1 - MOSAIC_SHARE) * chosen_epochs)),
        "mixup": 0.0,
        "cutmix": 0.0,
        "fliplr": 0.5,
        "flipud": 0.5 if orientation_free else 0.0,
        "freeze": (FROZEN_LAYERS if everyday and images <= FROZEN_BELOW else 0) if freeze is None else freeze,
        "patience": 0,
        "deterministic": True,
    }
    return Recipe(chosen_epochs, chosen_batch, settings | (overrides or {}))


def _batch_for(images: int, wanted: int) -> int:
    """The batch nearest to `wanted`, at most a quarter of the images, that leaves no single picture over.

    BatchNorm cannot take a last batch of one picture at small sizes.
    """
    most = max(2, images // 4)
    sizes = sorted(range(1, most + 1), key=lambda size: (abs(size - wanted), -size))
    return next((size for size in sizes if images % size != 1), sizes[0])
