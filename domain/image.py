"""One image: its annotations and its review state. The consistency boundary of everything drawn on it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from domain import events as e
from domain.geometry import Geometry


class Annotation(msgspec.Struct, frozen=True):
    annotation_id: UUID
    category_id: UUID
    geometry: Geometry
    source: e.Source
    confidence: float | None
    prediction_id: UUID | None
    run_id: UUID | None
    created_by: UUID
    version: int
    """The image's version when this annotation last changed."""

    def record(self) -> e.AnnotationRecord:
        return e.AnnotationRecord(
            annotation_id=self.annotation_id,
            category_id=self.category_id,
            geometry=self.geometry,
            source=self.source,
            confidence=self.confidence,
            prediction_id=self.prediction_id,
            run_id=self.run_id,
            created_by=self.created_by,
        )


class ImageState(msgspec.Struct, frozen=True):
    image_id: UUID
    version: int = 0
    width: int = 0
    height: int = 0
    digest: str = ""
    file_name: str = ""
    state: e.ImageReviewState = "unlabelled"
    trashed: bool = False
    erased: bool = False
    annotations: Mapping[UUID, Annotation] = {}
    deleted: Mapping[UUID, Annotation] = {}
    handled_predictions: frozenset[UUID] = frozenset()
    claimed_by: UUID | None = None
    human_version: int = 0
    """The version at which a person last changed it; 0 if nobody ever did."""


AFTER_EVENT: Mapping[type[e.Event], e.ImageReviewState] = {
    e.AnnotationDrawn: "in_progress",
    e.AnnotationReshaped: "in_progress",
    e.AnnotationRecategorised: "in_progress",
    e.AnnotationDeleted: "in_progress",
    e.AnnotationRestored: "in_progress",
    e.PredictionAccepted: "in_progress",
    e.PredictionsAccepted: "auto",
    e.ImageSubmitted: "submitted",
    e.ImageMarkedEmpty: "submitted",
    e.ImageApproved: "approved",
    e.ImageRejected: "rejected",
    e.ImageReopened: "in_progress",
}
"""The review state an event leaves behind; rejecting a single prediction leaves it as it was."""


def evolve(state: ImageState, version: int, actor_id: UUID, event: e.Event) -> ImageState:
    """The state after `event`, the image's `version`-th, done by `actor_id`."""
    changes: dict[str, Any] = {"version": version}
    if (review := review_state_after(event)) is not None:
        changes["state"] = review
    if is_human_work(event):
        changes["human_version"] = version
    match event:
        case e.ImageRegistered():
            changes |= {
                "width": event.width,
                "height": event.height,
                "digest": event.digest,
                "file_name": event.file_name,
            }
        case e.AnnotationDrawn():
            drawn = Annotation(
                event.annotation_id,
                event.category_id,
                event.geometry,
                event.source,
                None,
                None,
                None,
                actor_id,
                version,
            )
            changes["annotations"] = {**state.annotations, drawn.annotation_id: drawn}
        case e.AnnotationReshaped():
            changes["annotations"] = _changed(state, event.annotation_id, geometry=event.geometry, version=version)
        case e.AnnotationRecategorised():
            changes["annotations"] = _changed(
                state, event.annotation_id, category_id=event.category_id, version=version
            )
        case e.AnnotationDeleted():
            rest = dict(state.annotations)
            gone = rest.pop(event.annotation_id)
            changes |= {"annotations": rest, "deleted": {**state.deleted, gone.annotation_id: gone}}
        case e.AnnotationRestored():
            changes |= _with_records(state, [event.annotation], actor_id, version)
            if event.annotation.prediction_id is not None:
                changes["handled_predictions"] = state.handled_predictions | {event.annotation.prediction_id}
        case e.AnnotationsImported() | e.PredictionsAccepted():
            changes |= _with_records(state, event.annotations, actor_id, version)
        case e.PredictionsWithdrawn():
            withdrawn = {record.annotation_id for record in event.annotations}
            changes["annotations"] = {k: v for k, v in state.annotations.items() if k not in withdrawn}
        case e.PredictionAccepted():
            accepted = Annotation(
                event.annotation_id,
                event.category_id,
                event.geometry,
                "model",
                event.confidence,
                event.prediction_id,
                event.run_id,
                actor_id,
                version,
            )
            changes["annotations"] = {**state.annotations, accepted.annotation_id: accepted}
            changes["handled_predictions"] = state.handled_predictions | {event.prediction_id}
        case e.PredictionRejected():
            changes["handled_predictions"] = state.handled_predictions | {event.prediction_id}
        case e.PredictionReopened():
            changes["handled_predictions"] = state.handled_predictions - {event.prediction_id}
        case e.ImageTrashed():
            changes["trashed"] = True
        case e.ImageRestored():
            changes["trashed"] = False
        case e.ImageErased():
            changes |= {"erased": True, "trashed": True, "annotations": {}, "deleted": {}}
        case e.ImageClaimed():
            changes["claimed_by"] = actor_id
        case e.ImageReleased():
            changes["claimed_by"] = None
        case _:
            pass
    return msgspec.structs.replace(state, **changes)


def is_human_work(event: e.Event) -> bool:
    """Whether a person judged the picture: jobs leave such an image alone from then on."""
    if isinstance(event, e.PredictionRejected | e.PredictionReopened | e.AnnotationsImported):
        return True
    return type(event) in AFTER_EVENT and not isinstance(event, e.PredictionsAccepted)


def review_state_after(event: e.Event) -> e.ImageReviewState | None:
    if isinstance(event, e.AnnotationsImported | e.PredictionsWithdrawn | e.ImageReverted):
        return event.state
    return AFTER_EVENT.get(type(event))


def _changed(state: ImageState, annotation_id: UUID, **changes: Any) -> dict[UUID, Annotation]:
    current = state.annotations[annotation_id]
    return {**state.annotations, annotation_id: msgspec.structs.replace(current, **changes)}


def _with_records(
    state: ImageState, records: Sequence[e.AnnotationRecord], actor_id: UUID, version: int
) -> dict[str, Any]:
    added = {
        r.annotation_id: Annotation(
            r.annotation_id,
            r.category_id,
            r.geometry,
            r.source,
            r.confidence,
            r.prediction_id,
            r.run_id,
            r.created_by or actor_id,
            version,
        )
        for r in records
    }
    return {
        "annotations": {**state.annotations, **added},
        "deleted": {k: v for k, v in state.deleted.items() if k not in added},
    }
