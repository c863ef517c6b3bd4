"""Rows of an image and its annotations."""

from collections.abc import Sequence
from typing import Any

from domain import events as e
from domain.geometry import Box, Polygon, area, bounding_box
from domain.image import is_human_work, review_state_after
from domain.projections.changes import Change, Drop, Patch, Put


def fold_image(recorded: e.RecordedEvent) -> list[Change]:
    event, image_id = recorded.event, recorded.stream_id
    if isinstance(event, e.ImageRegistered):
        return [Put("images", image_id, _registered_row(recorded, event))]
    values: dict[str, Any] = {"version": recorded.version, "updated_at": recorded.recorded_at}
    if (state := review_state_after(event)) is not None:
        values["state"] = state
    if is_human_work(event):
        values |= {"human_version": recorded.version, "human_position": recorded.position}
    changes: list[Change] = []
    match event:
        case e.AnnotationDrawn():
            record = e.AnnotationRecord(event.annotation_id, event.category_id, event.geometry, event.source)
            changes = [_annotation(recorded, record)]
        case e.AnnotationRestored():
            changes = [_annotation(recorded, event.annotation)]
            if event.annotation.prediction_id is not None:
                changes.append(Patch("predictions", event.annotation.prediction_id, {"state": "accepted"}))
        case e.PredictionAccepted():
            record = e.AnnotationRecord(
                event.annotation_id,
                event.category_id,
                event.geometry,
                "model",
                event.confidence,
                event.prediction_id,
                event.run_id,
            )
            changes = [_annotation(recorded, record), Patch("predictions", event.prediction_id, {"state": "accepted"})]
        case e.PredictionRejected():
            changes = [Patch("predictions", event.prediction_id, {"state": "rejected"})]
        case e.PredictionReopened():
            changes = [Patch("predictions", event.prediction_id, {"state": "open"})]
        case e.AnnotationsImported():
            changes = [_annotation(recorded, record) for record in event.annotations]
        case e.PredictionsAccepted():
            changes = [_annotation(recorded, record) for record in event.annotations]
            changes += _predictions(event.annotations, "accepted")
        case e.AnnotationReshaped():
            shape = {"geometry": event.geometry, **_extent(event.geometry), "version": recorded.version}
            changes = [Patch("annotations", event.annotation_id, shape)]
        case e.AnnotationRecategorised():
            moved = {"category_id": event.category_id, "version": recorded.version}
            changes = [Patch("annotations", event.annotation_id, moved)]
        case e.AnnotationDeleted():
            changes = [Drop("annotations", event.annotation_id)]
        case e.PredictionsWithdrawn():
            changes = [Drop("annotations", record.annotation_id) for record in event.annotations]
            changes += _predictions(event.annotations, "open")
        case e.ImageErased():
            changes = [Drop("annotations", annotation_id) for annotation_id in event.annotation_ids]
            values |= {"trashed": True, "erased": True, "file_name": "", "digest": "", "reject_reason": None}
        case e.ImageTrashed():
            values["trashed"] = True
        case e.ImageRestored():
            values["trashed"] = False
        case e.ImageRejected():
            values["reject_reason"] = event.reason
        case e.ImageClaimed():
            values["claimed_by"] = recorded.actor_id
        case e.ImageReleased():
            values["claimed_by"] = None
        case _:
            pass
    counted = sum(1 if isinstance(c, Put) else -1 if isinstance(c, Drop) else 0 for c in changes)
    add = {"annotation_count": counted} if counted else {}
    return [*changes, Patch("images", image_id, values, add)]


def _registered_row(recorded: e.RecordedEvent, event: e.ImageRegistered) -> dict[str, Any]:
    return {
        "image_id": recorded.stream_id,
        "project_id": recorded.project_id,
        "position": recorded.position,
        "file_name": event.file_name,
        "digest": event.digest,
        "width": event.width,
        "height": event.height,
        "byte_size": event.byte_size,
        "media_type": event.media_type,
        "orientation": event.orientation,
        "state": "unlabelled",
        "trashed": False,
        "erased": False,
        "audit": False,
        "annotation_count": 0,
        "claimed_by": None,
        "reject_reason": None,
        "query_batch_id": None,
        "human_version": 0,
        "human_position": None,
        "version": recorded.version,
        "created_at": recorded.recorded_at,
        "updated_at": recorded.recorded_at,
    }


def _annotation(recorded: e.RecordedEvent, record: e.AnnotationRecord) -> Put:
    row = {
        "annotation_id": record.annotation_id,
        "image_id": recorded.stream_id,
        "project_id": recorded.project_id,
        "category_id": record.category_id,
        "geometry": record.geometry,
        **_extent(record.geometry),
        "source": record.source,
        "confidence": record.confidence,
        "prediction_id": record.prediction_id,
        "run_id": record.run_id,
        "created_by": record.created_by or recorded.actor_id,
        "version": recorded.version,
    }
    return Put("annotations", record.annotation_id, row)


def _predictions(records: Sequence[e.AnnotationRecord], state: str) -> list[Change]:
    made = (record.prediction_id for record in records)
    return [Patch("predictions", prediction_id, {"state": state}) for prediction_id in made if prediction_id]


def _extent(geometry: Any) -> dict[str, float]:
    """Box and area, px: what lists, filters and statistics need without reading the geometry."""
    box = bounding_box(geometry)
    size = area(geometry) if isinstance(geometry, Box | Polygon) else box.width * box.height
    return {"x": box.x, "y": box.y, "width": box.width, "height": box.height, "area": size}
