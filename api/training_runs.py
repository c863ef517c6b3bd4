"""Training runs: asked for at a log position, followed epoch by epoch, compared on the same pictures, promoted."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from adapters import training_rows
from adapters.blobs import weights_name
from api.idempotency import command_id_of
from api.image_files import file_response
from api.jobs import Job, request_job
from api.paging import After, Limit, Page, page_of
from api.projects import parse_cursor, require_project
from api.routing import get, post
from api.services import Services
from domain import training
from domain.commands import Device, WeightsName
from domain.errors import InvalidInput, NotFound, WrongState
from domain.events import RunPromoted, TrainingRequested
from domain.execute import PROJECT, Decision, Look
from domain.ids import LOCAL_ACTOR, derived_id
from domain.project import ProjectState
from domain.run_metrics import RunMetrics
from domain.training import RunLifecycle

DEFAULT_WEIGHTS = {"detect": "yolov8n.pt", "segment": "yolov8n-seg.pt"}


class TrainingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Departures from the recipe that fits the number of images (worker/recipe.py); what is left out stays with it."""

    folds: Annotated[int, msgspec.Meta(ge=0, le=10)] | msgspec.UnsetType = msgspec.UNSET
    """0: no held-out pictures, no figures. 1: one grouped split. More: out-of-fold predictions on every image."""
    steps: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | msgspec.UnsetType = msgspec.UNSET
    """Optimiser steps; epochs follow from it."""
    freeze: Annotated[int, msgspec.Meta(ge=0, le=100)] | msgspec.UnsetType = msgspec.UNSET
    learning_rate: Annotated[float, msgspec.Meta(gt=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    teacher: UUID | msgspec.UnsetType = msgspec.UNSET
    """A run of this project whose confident proposals on unlabelled pictures are learned from too (self-training)."""
    then_predict: bool | msgspec.UnsetType = msgspec.UNSET
    """Predict the rest with the run as soon as it has succeeded."""


class NewTrainingRun(msgspec.Struct, forbid_unknown_fields=True):
    base_weights: WeightsName | None = None
    """A name that the worker resolves (`yolov8n`), or `run:<run_id>` for a quick refresh of an earlier run."""
    epochs: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    image_size: Annotated[int, msgspec.Meta(ge=32, le=4_096)] | None = None
    """Longer side in training and prediction, px; rounded up to a multiple of 32."""
    batch: Annotated[int, msgspec.Meta(ge=1, le=1_024)] | None = None
    device: Device | None = None
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    detector: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{1,40}$")] | None = None
    settings: TrainingSettings = TrainingSettings()


class TrainingRun(msgspec.Struct):
    id: UUID
    project_id: UUID
    job_id: UUID
    state: RunLifecycle
    base_weights: str
    as_of_position: int
    settings: dict[str, Any]
    category_ids: list[UUID]
    """Class order: the class_index of a category is its place here."""
    train_images: int
    validation_images: int
    epochs: list[dict[str, float | int | None]]
    metrics: RunMetrics | None
    weights_digest: str | None
    notices: list[str]
    versions: dict[str, str] | None
    seconds: float | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class TrainingRequestedReply(msgspec.Struct):
    job: Job
    training_run: TrainingRun


def run_view(row: Any) -> TrainingRun:
    return TrainingRun(
        id=row["run_id"],
        project_id=row["project_id"],
        job_id=row["job_id"],
        state=row["state"],
        base_weights=row["base_weights"],
        as_of_position=row["as_of_position"],
        settings=msgspec.json.decode(row["settings"]),
        category_ids=msgspec.json.decode(row["category_ids"], type=list[UUID]),
        train_images=len(msgspec.json.decode(row["train_image_ids"])),
        validation_images=len(msgspec.json.decode(row["validation_image_ids"])),
        epochs=msgspec.json.decode(row["epochs"]) if row["epochs"] else [],
        metrics=msgspec.json.decode(row["metrics"], type=RunMetrics) if row["metrics"] else None,
        weights_digest=row["weights_digest"],
        notices=msgspec.json.decode(row["notices"]),
        versions=msgspec.json.decode(row["versions"]) if row["versions"] else None,
        seconds=row["seconds"],
        error=row["error"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )


async def read_run(services: Services, run_id: UUID) -> TrainingRun:
    row = await training_rows.fetch_run(services.pool, run_id)
    if row is None:
        raise NotFound("There is no such training run.")
    return run_view(row)


async def require_weights(services: Services, project_id: UUID, run_id: UUID) -> TrainingRun:
    """A run of this project that has succeeded. Raises NotFound or WrongState."""
    run = await read_run(services, run_id)
    if run.project_id != project_id:
        raise NotFound("There is no such training run in this project.")
    if run.weights_digest is None:
        raise WrongState(f"The training run is {run.state}; it has no weights.")
    return run


@post("/api/projects/{project_id:uuid}/training-runs", "start_training", status_code=202)
async def start_training(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    data: JSONBody[NewTrainingRun],
) -> TrainingRequestedReply:
    """The dataset is the log up to now; what is missing for a training is a 409 with every reason."""
    project = await require_project(services, project_id)
    training.require_ready(await training_rows.readiness(services.pool, project_id))
    base = data.base_weights or DEFAULT_WEIGHTS[project.task]
    if base.startswith("run:"):
        await require_weights(services, project_id, UUID(base.removeprefix("run:")))
    if isinstance(teacher := data.settings.teacher, UUID):
        if base.startswith("run:"):
            raise InvalidInput(
                "base_weights: a quick refresh does not learn from a teacher's proposals; leave one out."
            )
        await require_weights(services, project_id, teacher)
    command_id = await command_id_of(request)
    run_id = derived_id(command_id, "training run") if command_id else services.executor.new_id()
    job_id = derived_id(command_id, "job") if command_id else services.executor.new_id()
    fixed = {
        "epochs": data.epochs,
        "image_size": data.image_size,
        "batch": data.batch,
        "device": data.device,
        "seed": data.seed,
        "detector": data.detector,
    }
    settings = {name: value for name, value in fixed.items() if value is not None}
    settings |= msgspec.to_builtins(data.settings)
    position = (await services.store.head()).position
    payload = {"run_id": str(run_id), "base_weights": base, "as_of_position": position, "settings": settings}
    requested = TrainingRequested(job_id, base, position, settings)
    job = await request_job(
        services, request, project_id, "train", payload, job_id=job_id, also=[(run_id, 0, [requested])]
    )
    return TrainingRequestedReply(job, await read_run(services, run_id))


@get("/api/projects/{project_id:uuid}/training-runs", "list_training_runs")
async def list_training_runs(
    services: NamedDependency[Services], project_id: FromPath[UUID], limit: Limit = 100, after: After = None
) -> Page[TrainingRun]:
    """Newest first."""
    await require_project(services, project_id)
    rows = await training_rows.fetch_runs(services.pool, project_id, after=parse_cursor(after), limit=limit + 1)
    return page_of([run_view(row) for row in rows], limit, [str(row["run_id"]) for row in rows])


@get("/api/training-runs/{run_id:uuid}", "get_training_run")
async def get_training_run(services: NamedDependency[Services], run_id: FromPath[UUID]) -> TrainingRun:
    return await read_run(services, run_id)


@post("/api/training-runs/{run_id:uuid}/promote", "promote_training_run", status_code=200)
async def promote_training_run(
    services: NamedDependency[Services], request: Request[Any, Any, Any], run_id: FromPath[UUID]
) -> TrainingRun:
    """Make it the project's current run: predictions and selection use it until another is promoted."""
    run = await read_run(services, run_id)
    await require_project(services, run.project_id)
    await require_weights(services, run.project_id, run_id)

    async def decide(state: ProjectState, _look: Look) -> Decision:
        return Decision([] if state.promoted_run_id == run_id else [RunPromoted(run_id)])

    await services.executor.execute(
        PROJECT,
        run.project_id,
        decide,
        project_id=run.project_id,
        actor_id=LOCAL_ACTOR,
        command_id=await command_id_of(request),
    )
    return await read_run(services, run_id)


@get(
    "/api/training-runs/{run_id:uuid}/weights",
    "get_weights",
    media_type="application/octet-stream",
    problems=[409, 416],
)
async def get_weights(
    services: NamedDependency[Services], request: Request[Any, Any, Any], run_id: FromPath[UUID]
) -> Response[Any]:
    """The weights file, as an attachment. Loading a file of this kind runs code: only load your own."""
    run = await read_run(services, run_id)
    run = await require_weights(services, run.project_id, run_id)
    digest = run.weights_digest or ""
    size = await services.blobs.size(weights_name(digest))
    if size is None:
        raise NotFound("The weights are gone from the blob store.")
    headers = {"content-disposition": f'attachment; filename="run-{run_id}.pt"'}
    return await file_response(
        services, request, weights_name(digest), digest, "application/octet-stream", size, headers
    )


routes = [
    start_training,
    list_training_runs,
    get_training_run,
    promote_training_run,
    get_weights,
]
