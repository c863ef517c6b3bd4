"""Jobs: asked for by other routes, seen, cancelled and retried here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from adapters import job_rows
from api.idempotency import command_id_of
from api.paging import After, Limit, Page, page_of
from api.projects import parse_cursor, require_project
from api.routing import get, post
from api.services import Services
from domain import job as jobs
from domain.errors import NotFound
from domain.events import Event, JobRequested
from domain.execute import JOB, Decision, Look
from domain.ids import LOCAL_ACTOR, derived_id
from domain.job import JobLifecycle, JobState


class Job(msgspec.Struct):
    id: UUID
    project_id: UUID
    kind: str
    state: JobLifecycle
    progress: Annotated[float, msgspec.Meta(ge=0, le=1)]
    message: str
    error: str | None
    error_tail: str | None
    """The last words of what broke."""
    log_tail: str
    attempt: int
    cancel_requested: bool
    payload: dict[str, Any]
    result: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


def job_view(row: Any) -> Job:
    progress = 1.0 if row["state"] == "succeeded" else min(1.0, max(0.0, row["progress"] or 0.0))
    return Job(
        id=row["job_id"],
        project_id=row["project_id"],
        kind=row["kind"],
        state=row["state"],
        progress=progress,
        message=row["message"] or "",
        error=row["error"],
        error_tail=row["error_tail"],
        log_tail=row["log_tail"] or "",
        attempt=row["attempt"],
        cancel_requested=row["cancel_requested"],
        payload=msgspec.json.decode(row["payload"]),
        result=msgspec.json.decode(row["result"]) if row["result"] else None,
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )


async def read_job(services: Services, job_id: UUID) -> Job:
    row = await job_rows.fetch_job(services.pool, job_id)
    if row is None:
        raise NotFound("There is no such job.")
    return job_view(row)


async def request_job(
    services: Services,
    request: Request[Any, Any, Any],
    project_id: UUID,
    kind: jobs.JobKind,
    payload: dict[str, Any],
    *,
    job_id: UUID | None = None,
    priority: int = 0,
    also: Sequence[tuple[UUID, int | None, Sequence[Event]]] = (),
) -> Job:
    """Append `job.requested` (and `also`, in the same breath), tell a worker, answer the job.

    A repeated Idempotency-Key answers the job it asked for the first time.
    """
    command_id = await command_id_of(request)
    chosen = job_id or (derived_id(command_id, "job") if command_id else services.executor.new_id())

    async def decide(state: JobState, _look: Look) -> Decision:
        if state.version:
            return Decision([])
        return Decision([JobRequested(kind, payload, priority, jobs.MAX_ATTEMPTS)], also=also)

    await services.executor.execute(
        JOB, chosen, decide, project_id=project_id, actor_id=LOCAL_ACTOR, command_id=command_id
    )
    await services.nudger.nudge(chosen)
    return await read_job(services, chosen)


@get("/api/jobs/{job_id:uuid}", "get_job")
async def get_job(services: NamedDependency[Services], job_id: FromPath[UUID]) -> Job:
    return await read_job(services, job_id)


AnyOfStates = Annotated[list[JobLifecycle] | None, QueryParameter(name="state", description="Any of these states.")]


@get("/api/jobs", "list_all_jobs")
async def list_all_jobs(
    services: NamedDependency[Services], states: AnyOfStates = None, limit: Limit = 100, after: After = None
) -> Page[Job]:
    """Of every project, newest first."""
    return await _page(services, None, states, limit, after)


@get("/api/projects/{project_id:uuid}/jobs", "list_jobs")
async def list_jobs(
    services: NamedDependency[Services],
    project_id: FromPath[UUID],
    states: AnyOfStates = None,
    limit: Limit = 100,
    after: After = None,
) -> Page[Job]:
    """Newest first."""
    await require_project(services, project_id)
    return await _page(services, project_id, states, limit, after)


async def _page(
    services: Services, project_id: UUID | None, states: list[JobLifecycle] | None, limit: int, after: str | None
) -> Page[Job]:
    rows = await job_rows.fetch_jobs(
        services.pool, project_id, states=list(states) if states else None, after=parse_cursor(after), limit=limit + 1
    )
    return page_of([job_view(row) for row in rows], limit, [str(row["job_id"]) for row in rows])


@post("/api/jobs/{job_id:uuid}/cancel", "cancel_job", status_code=200)
async def cancel_job(
    services: NamedDependency[Services], request: Request[Any, Any, Any], job_id: FromPath[UUID]
) -> Job:
    """A queued job ends at once, a running one within two seconds."""
    return await _change(services, request, job_id, jobs.decide_cancel)


@post("/api/jobs/{job_id:uuid}/retry", "retry_job", status_code=200)
async def retry_job(
    services: NamedDependency[Services], request: Request[Any, Any, Any], job_id: FromPath[UUID]
) -> Job:
    answer = await _change(services, request, job_id, jobs.decide_retry)
    await services.nudger.nudge(job_id)
    return answer


async def _change(services: Services, request: Request[Any, Any, Any], job_id: UUID, decide_job: Any) -> Job:
    job = await read_job(services, job_id)

    async def decide(state: JobState, _look: Look) -> Decision:
        events = decide_job(state)
        return Decision(events, also=[effect for event in events for effect in jobs.effects_of_ending(state, event)])

    await services.executor.execute(
        JOB,
        job_id,
        decide,
        project_id=job.project_id,
        actor_id=LOCAL_ACTOR,
        command_id=await command_id_of(request),
    )
    return await read_job(services, job_id)


routes = [list_all_jobs, get_job, list_jobs, cancel_job, retry_job]
