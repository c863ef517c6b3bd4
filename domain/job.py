"""One job. Its stream version at `job.started` is the fence: an effect appended under an older version is refused."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from domain import events as e
from domain.errors import NotFound, WrongState

JobKind = Literal["embed", "select", "train", "predict", "export", "import"]
JobLifecycle = Literal["queued", "running", "succeeded", "failed", "cancelled"]

MAX_ATTEMPTS = 3


class JobState(msgspec.Struct, frozen=True):
    job_id: UUID
    version: int = 0
    kind: str = ""
    payload: Mapping[str, Any] = {}
    state: JobLifecycle = "queued"
    attempt: int = 0
    max_attempts: int = MAX_ATTEMPTS
    cancel_requested: bool = False

    @property
    def ended(self) -> bool:
        return self.state in ("succeeded", "failed", "cancelled")


def evolve(state: JobState, version: int, _actor_id: UUID, event: e.Event) -> JobState:
    changes: dict[str, Any] = {"version": version}
    match event:
        case e.JobRequested():
            changes |= {
                "kind": event.kind,
                "payload": event.payload,
                "max_attempts": event.max_attempts,
                "state": "queued",
                "attempt": 0,
                "cancel_requested": False,
            }
        case e.JobStarted():
            changes |= {"state": "running", "attempt": event.attempt}
        case e.JobRequeued():
            changes["state"] = "queued"
        case e.JobCancelRequested():
            changes["cancel_requested"] = True
        case e.JobSucceeded():
            changes["state"] = "succeeded"
        case e.JobFailed():
            changes["state"] = "failed"
        case e.JobCancelled():
            changes["state"] = "cancelled"
        case _:
            pass
    return msgspec.structs.replace(state, **changes)


def decide_claim(state: JobState, worker: str) -> list[e.Event]:
    """Nothing when there is nothing to claim; a cancelled wish ends the job instead of starting it."""
    if state.version == 0 or state.state != "queued":
        return []
    if state.cancel_requested:
        return [e.JobCancelled()]
    return [e.JobStarted(state.attempt + 1, worker)]


def decide_lost(state: JobState, reason: str, tail: str = "") -> list[e.Event]:
    """The attempt died or its lease ran out. Attempts are counted on loss too: a poison job stops at the limit."""
    if state.state != "running":
        return []
    if state.cancel_requested:
        return [e.JobCancelled()]
    if state.attempt >= state.max_attempts:
        return [e.JobFailed(f"Gave up after {state.attempt} attempts: {reason}", tail)]
    return [e.JobRequeued(reason)]


def decide_given_up(state: JobState) -> list[e.Event]:
    """The worker stops in good order. However often that happens, the job is not to blame: it is queued again."""
    if state.state != "running":
        return []
    return [e.JobCancelled()] if state.cancel_requested else [e.JobRequeued("worker stopped")]


def decide_cancel(state: JobState) -> list[e.Event]:
    _require_known(state)
    if state.ended:
        raise WrongState(f"The job has already {state.state}." if state.state != "cancelled" else "Already cancelled.")
    if state.state == "queued":
        return [e.JobCancelled()]
    return [] if state.cancel_requested else [e.JobCancelRequested()]


def decide_retry(state: JobState) -> list[e.Event]:
    _require_known(state)
    if state.state not in ("failed", "cancelled"):
        raise WrongState(f"Only a failed or cancelled job can be retried; this one is {state.state}.")
    return [e.JobRequested(state.kind, dict(state.payload), 0, state.max_attempts)]


def _require_known(state: JobState) -> None:
    if state.version == 0:
        raise NotFound("There is no such job.")


def effects_of_ending(state: JobState, ending: e.Event) -> list[tuple[UUID, None, list[e.Event]]]:
    """What the resource that the job was to fill learns when the job ends without filling it."""
    target = state.payload.get("run_id") if state.kind == "train" else state.payload.get("export_id")
    if target is None:
        return []
    match state.kind, ending:
        case "train", e.JobFailed(error=error):
            return [(UUID(target), None, [e.TrainingFailed(error)])]
        case "train", e.JobCancelled():
            return [(UUID(target), None, [e.TrainingCancelled()])]
        case "export", e.JobFailed(error=error):
            return [(UUID(target), None, [e.ExportFailed(error)])]
        case "export", e.JobCancelled():
            return [(UUID(target), None, [e.ExportFailed("cancelled")])]
        case "train", e.JobRequested(payload=p):
            again = e.TrainingRequested(state.job_id, p["base_weights"], p["as_of_position"], p["settings"])
            return [(UUID(target), None, [again])]
        case "export", e.JobRequested(payload=p):
            return [
                (UUID(target), None, [e.ExportRequested(state.job_id, p["format"], p["as_of_position"], p["settings"])])
            ]
        case _:
            return []
