"""Folds from the log to read rows: one event in, changes of keyed rows out, with no look at any row.

Because a change names exactly one row, changes of a batch can be coalesced by key and applied set-based, and any batch
size leaves the same bytes.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from domain import events as e
from domain.geometry import Box, Polygon, area, bounding_box
from domain.image import is_human_work, review_state_after

Table = Literal[
    "projects",
    "categories",
    "images",
    "annotations",
    "jobs",
    "query_batches",
    "training_runs",
    "exports",
    "predictions",
]


class Put(msgspec.Struct, frozen=True):
    """A new row, whole."""

    table: Table
    key: UUID
    row: Mapping[str, Any]


class Patch(msgspec.Struct, frozen=True):
    """New values for some columns, and numbers to add to others."""

    table: Table
    key: UUID
    values: Mapping[str, Any] = {}
    add: Mapping[str, int] = {}


class Drop(msgspec.Struct, frozen=True):
    table: Table
    key: UUID


Change = Put | Patch | Drop


def fold(recorded: e.RecordedEvent) -> list[Change]:
    """The changes of the read rows that one event makes."""
    match recorded.type.partition(".")[0]:
        case "project" | "category" | "run":
            return _fold_project(recorded)
        case "image" | "annotation" | "annotations" | "prediction":
            return _fold_image(recorded)
        case "predictions":
            return [] if isinstance(recorded.event, e.PredictionsRecorded) else _fold_image(recorded)
        case "job":
            return _fold_job(recorded)
        case "query_batch":
            return _fold_query_batch(recorded)
        case "training":
            return _fold_training(recorded)
        case "export":
            return _fold_export(recorded)
        case "comment":
            return []
        case unknown:
            raise LookupError(f"no fold for events of {unknown!r}")


def _fold_project(recorded: e.RecordedEvent) -> list[Change]:
    event, project_id = recorded.event, recorded.stream_id
    touched = {"version": recorded.version, "updated_at": recorded.recorded_at}
    match event:
        case e.ProjectCreated():
            row = {
                "project_id": project_id,
                "name": event.name,
                "description": event.description,
                "task": event.task,
                "settings": event.settings,
                "trashed": False,
                "promoted_run_id": None,
                "created_at": recorded.recorded_at,
                **touched,
            }
            return [Put("projects", project_id, row)]
        case e.ProjectRenamed():
            values: dict[str, Any] = {"name": event.name, "description": event.description}
        case e.ProjectConfigured():
            values = {"settings": event.settings}
        case e.ProjectTrashed():
            values = {"trashed": True}
        case e.ProjectRestored():
            values = {"trashed": False}
        case e.RunPromoted():
            values = {"promoted_run_id": event.run_id}
        case _:
            return [*_fold_category(recorded), Patch("projects", project_id, touched)]
    return [Patch("projects", project_id, {**values, **touched})]


def _fold_category(recorded: e.RecordedEvent) -> list[Change]:
    match recorded.event:
        case e.CategoryAdded() as event:
            row = {
                "category_id": event.category_id,
                "project_id": recorded.project_id,
                "name": event.name,
                "color": event.color,
                "hotkey": event.hotkey,
                "ordinal": event.ordinal,
                "into_id": None,
                "removed": False,
                "version": recorded.version,
            }
            return [Put("categories", event.category_id, row)]
        case e.CategoryRenamed() as event:
            values: dict[str, Any] = {"name": event.name}
        case e.CategoryRecoloured() as event:
            values = {"color": event.color, "hotkey": event.hotkey}
        case e.CategoryMerged() as event:
            values = {"into_id": event.into_id}
        case e.CategoryUnmerged() as event:
            values = {"into_id": None, "removed": False}
        case e.CategoryRemoved() as event:
            values = {"into_id": event.reassign_to, "removed": True}
        case _:
            raise LookupError(f"no fold for {recorded.type!r}")
    return [Patch("categories", event.category_id, {**values, "version": recorded.version})]


def _fold_image(recorded: e.RecordedEvent) -> list[Change]:
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
        case e.AnnotationsImported() | e.PredictionsAccepted():
            changes = [_annotation(recorded, record) for record in event.annotations]
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
        "created_by": recorded.actor_id,
        "version": recorded.version,
    }
    return Put("annotations", record.annotation_id, row)


def _extent(geometry: Any) -> dict[str, float]:
    """Box and area, px: what lists, filters and statistics need without reading the geometry."""
    box = bounding_box(geometry)
    size = area(geometry) if isinstance(geometry, Box | Polygon) else box.width * box.height
    return {"x": box.x, "y": box.y, "width": box.width, "height": box.height, "area": size}


def _fold_job(recorded: e.RecordedEvent) -> list[Change]:
    event, job_id = recorded.event, recorded.stream_id
    touched = {"version": recorded.version}
    ended = {"ended_at": recorded.recorded_at, **touched}
    match event:
        case e.JobRequested() if recorded.version == 1:
            row = {
                "job_id": job_id,
                "project_id": recorded.project_id,
                "kind": event.kind,
                "payload": event.payload,
                "priority": event.priority,
                "max_attempts": event.max_attempts,
                "state": "queued",
                "attempt": 0,
                "cancel_requested": False,
                "result": None,
                "error": None,
                "error_tail": None,
                "created_at": recorded.recorded_at,
                "started_at": None,
                "ended_at": None,
                **touched,
            }
            return [Put("jobs", job_id, row)]
        case e.JobRequested():
            values: dict[str, Any] = {
                "state": "queued",
                "attempt": 0,
                "cancel_requested": False,
                "error": None,
                "error_tail": None,
                "ended_at": None,
                **touched,
            }
        case e.JobStarted():
            values = {"state": "running", "attempt": event.attempt, "started_at": recorded.recorded_at, **touched}
        case e.JobRequeued():
            values = {"state": "queued", "error": event.reason, **touched}
        case e.JobCancelRequested():
            values = {"cancel_requested": True, **touched}
        case e.JobSucceeded():
            values = {"state": "succeeded", "result": event.result, "error": None, **ended}
        case e.JobFailed():
            values = {"state": "failed", "error": event.error, "error_tail": event.tail, **ended}
        case e.JobCancelled():
            values = {"state": "cancelled", **ended}
        case _:
            raise LookupError(f"no fold for {recorded.type!r}")
    return [Patch("jobs", job_id, values)]


def _fold_query_batch(recorded: e.RecordedEvent) -> list[Change]:
    event = recorded.event
    if not isinstance(event, e.QueryBatchSelected):
        raise LookupError(f"no fold for {recorded.type!r}")
    row = {
        "query_batch_id": recorded.stream_id,
        "project_id": recorded.project_id,
        "acquisition_function": event.acquisition_function,
        "budget": event.budget,
        "seed": event.seed,
        "as_of_position": event.as_of_position,
        "inputs_digest": event.inputs_digest,
        "picks": event.picks,
        "job_id": event.job_id,
        "run_id": event.run_id,
        "settings": event.settings,
        "created_at": recorded.recorded_at,
    }
    picked = [
        Patch("images", p.image_id, {"query_batch_id": recorded.stream_id} | ({"audit": True} if p.audit else {}))
        for p in event.picks
    ]
    return [Put("query_batches", recorded.stream_id, row), *picked]


def _fold_training(recorded: e.RecordedEvent) -> list[Change]:
    event, run_id = recorded.event, recorded.stream_id
    ended = {"ended_at": recorded.recorded_at}
    match event:
        case e.TrainingRequested() if recorded.version == 1:
            row = {
                "run_id": run_id,
                "project_id": recorded.project_id,
                "job_id": event.job_id,
                "state": "queued",
                "base_weights": event.base_weights,
                "as_of_position": event.as_of_position,
                "settings": event.settings,
                "category_ids": [],
                "train_image_ids": [],
                "validation_image_ids": [],
                "metrics": None,
                "weights_digest": None,
                "notices": [],
                "versions": None,
                "seconds": None,
                "error": None,
                "created_at": recorded.recorded_at,
                "started_at": None,
                "ended_at": None,
            }
            return [Put("training_runs", run_id, row)]
        case e.TrainingRequested():
            values: dict[str, Any] = {"state": "queued", "error": None, "ended_at": None}
        case e.TrainingStarted():
            values = {
                "state": "running",
                "category_ids": event.category_ids,
                "train_image_ids": event.train_image_ids,
                "validation_image_ids": event.validation_image_ids,
                "settings": event.settings,
                "notices": event.notices,
                "started_at": recorded.recorded_at,
            }
        case e.TrainingSucceeded():
            values = {
                "state": "succeeded",
                "metrics": event.metrics,
                "weights_digest": event.weights_digest,
                "notices": event.notices,
                "versions": event.versions,
                "seconds": event.seconds,
                **ended,
            }
        case e.TrainingFailed():
            values = {"state": "failed", "error": event.error, **ended}
        case e.TrainingCancelled():
            values = {"state": "cancelled", **ended}
        case _:
            raise LookupError(f"no fold for {recorded.type!r}")
    return [Patch("training_runs", run_id, values)]


def _fold_export(recorded: e.RecordedEvent) -> list[Change]:
    event, export_id = recorded.event, recorded.stream_id
    match event:
        case e.ExportRequested() if recorded.version == 1:
            row = {
                "export_id": export_id,
                "project_id": recorded.project_id,
                "job_id": event.job_id,
                "format": event.format,
                "as_of_position": event.as_of_position,
                "settings": event.settings,
                "state": "queued",
                "blob": None,
                "size": None,
                "sha256": None,
                "images": None,
                "annotations": None,
                "error": None,
                "created_at": recorded.recorded_at,
            }
            return [Put("exports", export_id, row)]
        case e.ExportRequested():
            values: dict[str, Any] = {"state": "queued", "error": None}
        case e.ExportWritten():
            values = {
                "state": "succeeded",
                "blob": event.blob,
                "size": event.size,
                "sha256": event.sha256,
                "images": event.images,
                "annotations": event.annotations,
            }
        case e.ExportFailed():
            values = {"state": "failed", "error": event.error}
        case _:
            raise LookupError(f"no fold for {recorded.type!r}")
    return [Patch("exports", export_id, values)]


def coalesced(changes: Iterable[Change]) -> dict[tuple[Table, UUID], Change]:
    """One change per row with the effect of all of them in order."""
    merged: dict[tuple[Table, UUID], Change] = {}
    for change in changes:
        key = (change.table, change.key)
        before = merged.get(key)
        merged[key] = change if before is None else _combined(before, change)
    return merged


def _combined(before: Change, change: Change) -> Change:
    if not isinstance(change, Patch) or isinstance(before, Drop):
        # A patch after a drop finds no row, as it would one by one; a put or a drop overrides whatever was there.
        return before if isinstance(change, Patch) else change
    if isinstance(before, Put):
        added = {column: before.row[column] + n for column, n in change.add.items()}
        return Put(before.table, before.key, {**before.row, **change.values, **added})
    sums = {column: before.add.get(column, 0) + change.add.get(column, 0) for column in {*before.add, *change.add}}
    return Patch(before.table, before.key, {**before.values, **change.values}, sums)
