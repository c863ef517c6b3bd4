"""Rows of what jobs make: query batches, training runs, exports."""

from typing import Any

from domain import events as e
from domain.projections.changes import Change, Patch, Put


def fold_query_batch(recorded: e.RecordedEvent) -> list[Change]:
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


def fold_training(recorded: e.RecordedEvent) -> list[Change]:
    event, run_id = recorded.event, recorded.stream_id
    ended = {"ended_at": recorded.recorded_at}
    match event:
        case e.TrainingRequested() if recorded.version == 1:
            row: dict[str, Any] = {
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


def fold_export(recorded: e.RecordedEvent) -> list[Change]:
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
