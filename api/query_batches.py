"""Query batches: the pictures to label next, each with its reason."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from adapters import query_batch_rows, training_rows
from adapters.job_rows import fetch_job
from api.idempotency import command_id_of
from api.jobs import Job, request_job
from api.paging import After, Limit, Page, page_of
from api.projects import parse_cursor, require_project
from api.routing import get, post
from api.services import Services
from domain.errors import InvalidInput, NotFound, NotReady, Problem, WrongState
from domain.events import AcquisitionFunction, ImageReviewState, Pick
from domain.ids import LOCAL_ACTOR, derived_id
from domain.job import JobLifecycle
from domain.selection import UncertaintyAggregation, UncertaintyMeasure

QueryBatchLifecycle = Literal["selecting", "selected", "failed", "cancelled"]

STATES: dict[JobLifecycle, QueryBatchLifecycle] = {
    "queued": "selecting",
    "running": "selecting",
    "failed": "failed",
    "cancelled": "cancelled",
}
"""Of a batch whose pictures are not there, by the state of the job that was to choose them."""

MAX_SEED = 2**31 - 1
_picks = msgspec.json.Decoder(tuple[Pick, ...])


class NewQueryBatch(msgspec.Struct, forbid_unknown_fields=True):
    budget: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    """Images wanted; there may be fewer."""
    acquisition_function: AcquisitionFunction = "hybrid"
    seed: Annotated[int, msgspec.Meta(ge=0, le=MAX_SEED)] | None = None
    """The same seed over the same pool gives the same batch; chosen and stored if left out."""
    measure: UncertaintyMeasure | None = None
    """Of `uncertainty` only: how unsure a box is; entropy if left out."""
    aggregation: UncertaintyAggregation | None = None
    """Of `uncertainty` only: from boxes to a picture; per second of a person's time if left out."""


class PickedImage(msgspec.Struct):
    image_id: UUID
    rank: int
    score: float
    """Scales of different functions do not compare; bigger is more wanted."""
    reason: str
    audit: bool
    """Drawn at random to measure by, not chosen by a model."""
    state: ImageReviewState | None
    """None once the image is in the trash."""


class QueryBatch(msgspec.Struct):
    id: UUID
    project_id: UUID
    state: QueryBatchLifecycle
    acquisition_function: AcquisitionFunction
    measure: UncertaintyMeasure | None
    """Of `uncertainty`; None for the other functions."""
    aggregation: UncertaintyAggregation | None
    budget: int
    seed: int
    position: int | None
    """Log position of the state it was chosen from; None while selecting."""
    inputs_digest: str | None
    job_id: UUID | None
    run_id: UUID | None
    """Whose predictions the choice rests on."""
    created_at: datetime
    images: list[PickedImage]


class QueryBatchRequested(msgspec.Struct):
    job: Job
    query_batch: QueryBatch


class NextImage(msgspec.Struct):
    image_id: UUID | None
    """None when everything left is in somebody's hands, or nothing is left."""
    rank: int | None
    reason: str | None
    remaining: int
    """Images of the batch that are not labelled yet."""


@post("/api/projects/{project_id:uuid}/query-batches", "request_query_batch", status_code=202)
async def request_query_batch(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    data: JSONBody[NewQueryBatch],
) -> QueryBatchRequested:
    """Choose pictures to label next. What is not embedded yet is embedded first, by the same job."""
    await require_project(services, project_id)
    settings = _settings_of(data)
    command_id = await command_id_of(request)
    # A repeated key must find the batch it asked for the first time.
    batch_id = derived_id(command_id, "query batch") if command_id else services.executor.new_id()
    job_id = derived_id(batch_id, "job")
    if await fetch_job(services.pool, job_id) is None:
        await _require_candidates(services, project_id, data.acquisition_function)
    seed = batch_id.int & MAX_SEED if data.seed is None else data.seed
    payload = {
        "query_batch_id": str(batch_id),
        "budget": data.budget,
        "acquisition_function": data.acquisition_function,
        "seed": seed,
        **settings,
    }
    job = await request_job(services, request, project_id, "select", payload, job_id=job_id)
    return QueryBatchRequested(job, await _read(services, project_id, batch_id))


@get("/api/projects/{project_id:uuid}/query-batches", "list_query_batches")
async def list_query_batches(
    services: NamedDependency[Services], project_id: FromPath[UUID], limit: Limit = 100, after: After = None
) -> Page[QueryBatch]:
    """Newest first; those that are still being selected are seen as jobs only."""
    await require_project(services, project_id)
    rows = await query_batch_rows.fetch_query_batches(
        services.pool, project_id, after=parse_cursor(after), limit=limit + 1
    )
    return page_of(await _views(services, rows), limit, [str(row["query_batch_id"]) for row in rows])


@get("/api/projects/{project_id:uuid}/query-batches/{query_batch_id:uuid}", "get_query_batch")
async def get_query_batch(
    services: NamedDependency[Services], project_id: FromPath[UUID], query_batch_id: FromPath[UUID]
) -> QueryBatch:
    """From the moment it was asked for: `state` is `selecting` and `images` empty until its job has ended."""
    await require_project(services, project_id)
    return await _read(services, project_id, query_batch_id)


@get(
    "/api/projects/{project_id:uuid}/query-batches/{query_batch_id:uuid}/next",
    "next_query_batch_image",
    problems=(409,),
)
async def next_query_batch_image(
    services: NamedDependency[Services], project_id: FromPath[UUID], query_batch_id: FromPath[UUID]
) -> NextImage:
    """The most wanted image that is not labelled yet and that nobody else has claimed."""
    await require_project(services, project_id)
    batch = await _read(services, project_id, query_batch_id)
    if batch.state != "selected":
        raise WrongState(f"The query batch is {batch.state}; it has no images.")
    states = await query_batch_rows.states_of_picks(
        services.pool, [image.image_id for image in batch.images], LOCAL_ACTOR
    )
    left = [image for image in batch.images if image.image_id in states and states[image.image_id]["open"]]
    mine = next((image for image in left if states[image.image_id]["claimable"]), None)
    if mine is None:
        return NextImage(None, None, None, len(left))
    return NextImage(mine.image_id, mine.rank, mine.reason, len(left))


def _settings_of(wanted: NewQueryBatch) -> dict[str, str]:
    """Of the acquisition function; raises InvalidInput where it has none of that name."""
    if wanted.acquisition_function == "uncertainty":
        return {"measure": wanted.measure or "entropy", "aggregation": wanted.aggregation or "per_second"}
    given = [name for name in ("measure", "aggregation") if getattr(wanted, name) is not None]
    if given:
        detail = f"{wanted.acquisition_function} has no such setting; uncertainty has"
        raise InvalidInput(f"/{given[0]}: {detail}.", [Problem(f"/{name}", detail) for name in given])
    return {}


async def _require_candidates(services: Services, project_id: UUID, function: AcquisitionFunction) -> None:
    if not await query_batch_rows.count_candidates(services.pool, project_id):
        raise NotReady("Every image is labelled, being labelled, or in a batch already: there is nothing to choose.")
    if function == "uncertainty" and await training_rows.predicting_run(services.pool, project_id) is None:
        raise NotReady("uncertainty needs predictions: train a run and predict the pool first.")


async def _read(services: Services, project_id: UUID, batch_id: UUID) -> QueryBatch:
    row = await query_batch_rows.fetch_query_batch(services.pool, batch_id)
    if row is not None and row["project_id"] == project_id:
        return (await _views(services, [row]))[0]
    job = await fetch_job(services.pool, derived_id(batch_id, "job"))
    if row is not None or job is None or job["project_id"] != project_id:
        raise NotFound("There is no such query batch in this project.")
    payload = msgspec.json.decode(job["payload"])
    return QueryBatch(
        id=batch_id,
        project_id=project_id,
        state=STATES.get(job["state"], "selecting"),
        acquisition_function=payload["acquisition_function"],
        measure=payload.get("measure"),
        aggregation=payload.get("aggregation"),
        budget=payload["budget"],
        seed=payload["seed"],
        position=None,
        inputs_digest=None,
        job_id=job["job_id"],
        run_id=None,
        created_at=job["created_at"],
        images=[],
    )


async def _views(services: Services, rows: list[Any]) -> list[QueryBatch]:
    picks = {row["query_batch_id"]: _picks.decode(row["picks"]) for row in rows}
    image_ids = [pick.image_id for chosen in picks.values() for pick in chosen]
    states = await query_batch_rows.states_of_picks(services.pool, image_ids, LOCAL_ACTOR)
    settings = {row["query_batch_id"]: msgspec.json.decode(row["settings"]) for row in rows}
    return [
        QueryBatch(
            id=row["query_batch_id"],
            project_id=row["project_id"],
            state="selected",
            acquisition_function=row["acquisition_function"],
            measure=settings[row["query_batch_id"]].get("measure"),
            aggregation=settings[row["query_batch_id"]].get("aggregation"),
            budget=row["budget"],
            seed=row["seed"],
            position=row["as_of_position"],
            inputs_digest=row["inputs_digest"],
            job_id=row["job_id"],
            run_id=row["run_id"],
            created_at=row["created_at"],
            images=[
                PickedImage(
                    pick.image_id,
                    pick.rank,
                    pick.score,
                    pick.reason,
                    pick.audit,
                    states[pick.image_id]["state"] if pick.image_id in states else None,
                )
                for pick in picks[row["query_batch_id"]]
            ],
        )
        for row in rows
    ]


routes = [request_query_batch, list_query_batches, get_query_batch, next_query_batch_image]
