"""How one run is trained and measured: on which images, at which size and length, and what is said about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

import torch

from adapters.snapshot import SnapshotImage
from domain.geometry import bounding_box
from domain.ports import TrainingSample
from domain.project import ProjectState
from domain.run_metrics import HeldOutKind
from worker.labelled import LabelledSet, useful_audit
from worker.recipe import Recipe, recipe_for, steps_for

SECONDS_PER_PRESENTATION = {"cpu": 0.16, "cuda": 0.006, "mps": 0.03}
"""Forward and backward of one picture at 320 px by a nano detector (learning.md 7.2); it grows with the area."""
FOLDING_S = 480.0
"""So long the folds of one run may take together by themselves; a person may ask for more."""
FOLDS = 5
REFRESH_SHARE = 3
"""A refresh takes a third of the steps of a fresh training."""
LEAST_OBJECT_PX = 12
SIZES = (320, 416, 512, 640)


@dataclass(frozen=True)
class Scheme:
    kind: HeldOutKind
    folds: Sequence[tuple[Sequence[SnapshotImage], Sequence[SnapshotImage]]]
    """(train, held out) of models that only measure."""
    final: Sequence[SnapshotImage]
    """What the run's own weights learn from."""
    audit: Sequence[SnapshotImage]
    """What the final weights are measured on; empty where folds do that."""
    task: Literal["detect", "segment"]
    image_size: int
    device: str
    seed: int
    settings: dict[str, Any]
    """Everything that was decided, for the record."""
    notices: tuple[str, ...]
    given: Mapping[str, Any]
    orientation_free: bool
    everyday: bool = False
    refreshing: bool = False

    def recipe_for(self, images: int, categories: int, proposed: int = 0) -> Recipe:
        """`proposed`: pictures beside the labelled `images` with an earlier run's boxes for labels."""
        given = self.given
        overrides = {"lr0": given["learning_rate"]} if "learning_rate" in given else {}
        return recipe_for(
            images,
            categories,
            epochs=given.get("epochs"),
            batch=given.get("batch"),
            steps=given.get("steps") or (steps_for(images) // REFRESH_SHARE if self.refreshing else None),
            orientation_free=self.orientation_free,
            everyday=self.everyday,
            freeze=given.get("freeze"),
            proposed=proposed,
            overrides=overrides,
        )

    def with_proposals(self, proposed: Sequence[TrainingSample], categories: int) -> "Scheme":
        """For the record: how many pictures and boxes of an earlier run this one learns from too."""
        boxes = sum(len(sample.shapes) for sample in proposed)
        recipe = self.recipe_for(len(self.final), categories, len(proposed))
        added = {"proposed_images": len(proposed), "proposed_boxes": boxes}
        lengths = {"epochs": recipe.epochs, "batch": recipe.batch, "recipe": recipe.settings}
        notice = (
            f"Learned from an earlier run's proposals too: {boxes} boxes on {len(proposed)} pictures that nobody has "
            "labelled."
        )
        return replace(self, settings={**self.settings, **lengths, **added}, notices=(*self.notices, notice))


def choose_scheme(
    labelled: LabelledSet,
    project: ProjectState,
    given: Mapping[str, Any],
    device: str,
    seen: frozenset[UUID] | None = None,
) -> Scheme:
    """`given` are the settings of the request; `device` the worker's, unless the request names one. `seen`: what an
    earlier run learned from, which this one continues or whose proposals it learns from, and which can measure nothing;
    None for a training that owes nothing to another."""
    device = resolved_device(given.get("device") or device)
    image_size = given.get("image_size") or size_for(labelled, device)
    image_size = -(-image_size // 32) * 32
    seed = given.get("seed", 0)
    orientation_free = project.settings.get("orientation") == "any"
    everyday = project.settings.get("domain") == "everyday"
    if seen is None:
        kind, folds, final, audit, notices = _held_out(labelled, given, device, image_size, seed)
    else:
        kind, folds, final, audit, notices = _held_out_unseen(labelled, given, seen)
    refreshing = seen is not None and "teacher" not in given
    if refreshing:
        notices.insert(0, f"Quick refresh: 1/{REFRESH_SHARE} of the steps, from an earlier run's weights.")
    draft = Scheme(
        kind, folds, final, audit, "segment" if project.task == "segment" else "detect", image_size, device, seed, {},
        tuple(notices), given, orientation_free, everyday, refreshing,
    )  # fmt: skip
    recipe = draft.recipe_for(len(final), len(labelled.category_ids))
    settings = {
        "image_size": image_size,
        "device": device,
        "seed": seed,
        "epochs": recipe.epochs,
        "batch": recipe.batch,
        "folds": len(folds),
        "held_out": kind if folds or audit else "none",
        "orientation": "any" if orientation_free else "upright",
        "detector": given.get("detector", "ultralytics"),
        "recipe": recipe.settings,
    }
    return Scheme(
        kind, folds, final, audit, draft.task, image_size, device, seed, settings, tuple(notices), given,
        orientation_free, everyday, refreshing,
    )  # fmt: skip


def resolved_device(device: str) -> str:
    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def size_for(labelled: LabelledSet, device: str) -> int:
    """640 px with a GPU; on a CPU the smallest of SIZES at which the median object is still 12 px."""
    longest = max((max(image.width, image.height) for image in labelled.images), default=640)
    most = min(640, max(SIZES[0], -(-longest // 32) * 32))
    if not device.startswith("cpu"):
        return most
    sides = sorted(
        min(box.width, box.height) / max(image.width, image.height)
        for image in labelled.images
        for box in (bounding_box(one.geometry) for one in image.annotations)
    )
    if not sides:
        return SIZES[0]
    median = sides[len(sides) // 2]
    return next((size for size in SIZES if size >= most or median * size >= LEAST_OBJECT_PX), SIZES[-1])


def _held_out(
    labelled: LabelledSet, given: Mapping[str, Any], device: str, image_size: int, seed: int
) -> tuple[HeldOutKind, list[tuple[Any, Any]], Sequence[SnapshotImage], Sequence[SnapshotImage], list[str]]:
    asked = given.get("folds")
    if asked == 0:
        return "split", [], labelled.images, (), ["Not measured: no picture was held out, as asked."]
    if asked is None and useful_audit(labelled):
        final, audit = labelled.by_audit()
        notice = f"Measured on the {len(audit)} audit pictures, which were not trained on."
        return "audit", [], final, audit, [notice]
    count = asked or affordable_folds(len(labelled.images), device, image_size, given)
    if count >= 2:
        folds = labelled.folds(count, seed)
        if len(folds) >= 2:
            notice = f"Measured out of fold: each picture by the one of {len(folds)} models that did not train on it."
            return "k_fold", list(folds), labelled.images, (), [notice]
    train, held_out = labelled.split(seed)
    if not held_out:
        notice = "Not measured: all labelled pictures are near-duplicates of each other."
        return "split", [], labelled.images, (), [notice]
    notice = (
        f"Measured on a single split: a model trained on {len(train)} pictures judged {len(held_out)} others, "
        "so the figures are rough; the weights themselves learned from all of them."
    )
    return "split", [(train, held_out)], labelled.images, (), [notice]


def _held_out_unseen(
    labelled: LabelledSet, given: Mapping[str, Any], seen: frozenset[UUID]
) -> tuple[HeldOutKind, list[tuple[Any, Any]], Sequence[SnapshotImage], Sequence[SnapshotImage], list[str]]:
    """A model that starts from an earlier run, or learns from its proposals, knows that run's pictures: only fresh ones
    can judge it."""
    if given.get("folds") == 0:
        return "split", [], labelled.images, (), ["Not measured: no picture was held out, as asked."]
    if useful_audit(labelled) and not labelled.audit & seen:
        final, audit = labelled.by_audit()
        notice = f"Measured on the {len(audit)} audit pictures, which neither run was trained on."
        return "audit", [], final, audit, [notice]
    known = {labelled.groups[image.image_id] for image in labelled.images if image.image_id in seen}
    fresh = [image for image in labelled.images if labelled.groups[image.image_id] not in known]
    train = [image for image in labelled.images if labelled.groups[image.image_id] in known]
    if len(fresh) < 2 or not train:
        return "split", [], labelled.images, (), ["Not measured: the earlier run was trained on these pictures."]
    notice = (
        f"Measured on the {len(fresh)} pictures labelled since the earlier run, by a model that has not seen them; "
        "the weights themselves learned from all of them."
    )
    return "split", [(train, fresh)], labelled.images, (), [notice]


def affordable_folds(images: int, device: str, image_size: int, given: Mapping[str, Any]) -> int:
    """Five when they fit into eight minutes together, fewer down to three; else one split."""
    if images > 150:
        return 1
    steps = given.get("steps") or steps_for(images)
    batch = given.get("batch") or 4
    presentations = given["epochs"] * images if given.get("epochs") else steps * batch
    each = SECONDS_PER_PRESENTATION[device.partition(":")[0]] * (image_size / 320) ** 2
    count = min(FOLDS, images, int(FOLDING_S / max(1e-9, presentations * each)))
    return count if count >= 3 else 1
