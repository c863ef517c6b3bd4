"""Predictions: a run over the rest of the pictures, left for review or accepted where a precision can be promised."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from adapters import prediction_rows, training_rows
from api.jobs import Job, read_job, request_job
from api.projects import require_project
from api.routing import post
from api.services import Services
from api.training_runs import require_weights
from domain.commands import Confidence, Device
from domain.errors import InvalidInput, NotReady, Problem, WrongState
from domain.events import ImageReviewState
from domain.execute import IMAGE, Decision, Look
from domain.ids import LOCAL_ACTOR
from domain.image import ImageState
from domain.image_decisions import decide_withdrawal

WITHDRAWN_AT_ONCE = 64


class ImagesToPredict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Left out, every picture that nobody has finished. An accepting job never touches one that a person worked on."""

    states: Annotated[list[ImageReviewState], msgspec.Meta(min_length=1, max_length=6)] | None = None
    image_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=100_000)] | None = None


class NewPredictions(msgspec.Struct, forbid_unknown_fields=True):
    run_id: UUID | None = None
    """The promoted run, else the newest that succeeded."""
    image_filter: ImagesToPredict = ImagesToPredict()
    mode: Literal["suggest", "accept"] = "suggest"
    target_precision: Annotated[float, msgspec.Meta(ge=0.5, le=0.999)] | None = None
    """Accept only where this precision can be promised, category by category; the project's target unless given."""
    min_confidence: Confidence | None = None
    """One threshold for all categories instead of a promise (accept) or of the calibrated ones (suggest)."""
    quality: Literal["fast", "high"] = "fast"
    """high: every picture mirrored too, boxes fused; about twice the time."""
    device: Device | None = None


class PredictionsRequested(msgspec.Struct):
    job: Job


class Withdrawn(msgspec.Struct):
    withdrawn: int
    """Images that are as they were before the job."""
    kept: int
    """Images that a person has worked on since: left alone."""


@post("/api/projects/{project_id:uuid}/predictions", "start_prediction", status_code=202)
async def start_prediction(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    data: JSONBody[NewPredictions],
) -> PredictionsRequested:
    """`accept` leaves for review what cannot be promised, and says in the job's result what is missing for it."""
    project = await require_project(services, project_id)
    if data.mode == "accept" and data.min_confidence is not None and data.target_precision is not None:
        detail = "give a target precision or one threshold, not both"
        raise InvalidInput(f"/min_confidence: {detail}.", [Problem("/min_confidence", detail)])
    run_id = data.run_id or await training_rows.current_run(services.pool, project_id)
    if run_id is None:
        raise NotReady("No training run has succeeded yet: train one first.")
    run = await require_weights(services, project_id, run_id)
    target = data.target_precision or project.settings.get("target_precision", 0.9)
    if data.mode == "accept" and data.min_confidence is None and (run.metrics is None or run.metrics.held_out is None):
        raise NotReady(
            "This run was never measured on held-out pictures, so no precision can be promised: "
            "train with folds, or give min_confidence."
        )
    payload = {
        "run_id": str(run_id),
        "mode": data.mode,
        "target_precision": target,
        "min_confidence": data.min_confidence,
        "quality": data.quality,
        "device": data.device,
        "states": data.image_filter.states,
        "image_ids": None if data.image_filter.image_ids is None else [str(i) for i in data.image_filter.image_ids],
    }
    return PredictionsRequested(await request_job(services, request, project_id, "predict", payload))


@post("/api/projects/{project_id:uuid}/predictions/{job_id:uuid}/withdraw", "withdraw_predictions", status_code=200)
async def withdraw_predictions(
    services: NamedDependency[Services], project_id: FromPath[UUID], job_id: FromPath[UUID]
) -> Withdrawn:
    """Undo everything that a prediction job accepted; what a person has touched since stays."""
    await require_project(services, project_id)
    job = await read_job(services, job_id)
    if job.project_id != project_id or job.kind != "predict":
        raise InvalidInput(
            "/job_id: not a prediction job of this project.", [Problem("/job_id", "not a prediction job")]
        )
    if job.state in ("queued", "running"):
        raise WrongState(f"The job is still {job.state}; cancel it first.")
    run_id = UUID(job.payload["run_id"])
    accepted = await prediction_rows.images_accepted_by(services.pool, job_id)

    async def withdraw(image_id: UUID) -> bool:
        async def decide(state: ImageState, _look: Look) -> Decision:
            records = {a.annotation_id for a in state.annotations.values() if a.prediction_id in ours[image_id]}
            return Decision(decide_withdrawal(state, job_id, run_id, records))

        # The cached state may be older than what the worker appended.
        await services.executor.load(IMAGE, image_id)
        outcome = await services.executor.execute(
            IMAGE, image_id, decide, project_id=project_id, actor_id=LOCAL_ACTOR, causation_id=job_id
        )
        return outcome.position > 0

    undone: list[UUID] = []
    for start in range(0, len(accepted), WITHDRAWN_AT_ONCE):
        part = accepted[start : start + WITHDRAWN_AT_ONCE]
        ours = await prediction_rows.accepted_ids(services.pool, job_id, part)
        done = await asyncio.gather(*(withdraw(image_id) for image_id in part))
        undone += [image_id for image_id, changed in zip(part, done, strict=True) if changed]
    await prediction_rows.supersede_reopened(services.pool, undone)
    return Withdrawn(len(undone), len(accepted) - len(undone))


routes = [start_prediction, withdraw_predictions]
