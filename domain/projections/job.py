"""Rows of a job."""

from typing import Any

from domain import events as e
from domain.projections.changes import Change, Patch, Put


def fold_job(recorded: e.RecordedEvent) -> list[Change]:
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
