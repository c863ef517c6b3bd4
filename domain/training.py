"""One training run: what it was trained on, how it ended, whether its weights may be used."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from domain import events as e
from domain.errors import NotReady

RunLifecycle = Literal["queued", "running", "succeeded", "failed", "cancelled"]

MIN_LABELLED_IMAGES = 5
MIN_ANNOTATIONS = 5


class Readiness(msgspec.Struct, frozen=True):
    """Counts a training needs before it can start."""

    labelled_images: int
    annotations: int
    categories: int


class TrainingRunState(msgspec.Struct, frozen=True):
    run_id: UUID
    version: int = 0
    state: RunLifecycle = "queued"
    weights_digest: str | None = None
    category_ids: tuple[UUID, ...] = ()
    settings: Mapping[str, Any] = {}


def evolve(state: TrainingRunState, version: int, _actor_id: UUID, event: e.Event) -> TrainingRunState:
    changes: dict[str, Any] = {"version": version}
    match event:
        case e.TrainingRequested():
            changes |= {"state": "queued", "settings": event.settings}
        case e.TrainingStarted():
            changes |= {"state": "running", "category_ids": event.category_ids}
        case e.TrainingSucceeded():
            changes |= {"state": "succeeded", "weights_digest": event.weights_digest}
        case e.TrainingFailed():
            changes["state"] = "failed"
        case e.TrainingCancelled():
            changes["state"] = "cancelled"
        case _:
            pass
    return msgspec.structs.replace(state, **changes)


def missing_for_training(readiness: Readiness) -> list[str]:
    """Every reason why a training cannot start yet, in plain words; empty when it can."""
    reasons: list[str] = []
    if readiness.categories == 0:
        reasons.append("There is no category yet: add at least one.")
    if readiness.labelled_images < MIN_LABELLED_IMAGES:
        reasons.append(
            f"{readiness.labelled_images} images are labelled and submitted; training needs {MIN_LABELLED_IMAGES}."
        )
    if readiness.annotations < MIN_ANNOTATIONS:
        reasons.append(f"{readiness.annotations} annotations are on them; training needs {MIN_ANNOTATIONS}.")
    return reasons


def require_ready(readiness: Readiness) -> None:
    """Raises NotReady with every reason at once, so that nobody repairs them one by one."""
    if reasons := missing_for_training(readiness):
        raise NotReady(" ".join(reasons))
