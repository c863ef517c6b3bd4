"""Exports: a dataset at a log position, asked for, watched and downloaded."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from adapters import export_rows
from adapters.snapshot import project_at, snapshot_batches, steady_connection
from api.idempotency import command_id_of
from api.image_files import file_response
from api.jobs import Job, request_job
from api.paging import After, Limit, Page, page_of
from api.projects import parse_cursor, require_project
from api.routing import get, post
from api.services import Services
from domain.errors import InvalidInput, NotFound, NotReady, Problem, WrongState
from domain.events import ExportRequested, ImageReviewState
from domain.ids import derived_id

ExportFormat = Literal["yolo", "coco"]


class NewExport(msgspec.Struct, forbid_unknown_fields=True):
    format: ExportFormat
    position: Annotated[int, msgspec.Meta(ge=1, le=2**62)] | None = None
    """The log position to export; the present unless given. The same position gives the same bytes."""
    states: Annotated[list[ImageReviewState], msgspec.Meta(min_length=1, max_length=6)] = msgspec.field(
        default_factory=lambda: ["submitted", "approved"]
    )
    include_images: bool = True
    split: Annotated[float, msgspec.Meta(ge=0, le=0.9)] = 0.2
    """Share of the images in YOLO's validation part; an image never changes sides."""


class Export(msgspec.Struct):
    id: UUID
    project_id: UUID
    job_id: UUID
    format: ExportFormat
    position: int
    states: list[ImageReviewState]
    include_images: bool
    split: float
    state: Literal["queued", "succeeded", "failed"]
    size: int | None
    sha256: str | None
    images: int | None
    annotations: int | None
    error: str | None
    created_at: datetime


class ExportReply(msgspec.Struct):
    job: Job
    export: Export


def export_view(row: Any) -> Export:
    settings = msgspec.json.decode(row["settings"])
    return Export(
        id=row["export_id"],
        project_id=row["project_id"],
        job_id=row["job_id"],
        format=row["format"],
        position=row["as_of_position"],
        states=settings["states"],
        include_images=settings["include_images"],
        split=settings["split"],
        state=row["state"],
        size=row["size"],
        sha256=row["sha256"],
        images=row["images"],
        annotations=row["annotations"],
        error=row["error"],
        created_at=row["created_at"],
    )


async def _read(services: Services, export_id: UUID) -> Any:
    row = await export_rows.fetch_export(services.pool, export_id)
    if row is None:
        raise NotFound("There is no such export.")
    return row


@post("/api/projects/{project_id:uuid}/exports", "start_export", status_code=202)
async def start_export(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    data: JSONBody[NewExport],
) -> ExportReply:
    """Only reviewed images unless `states` says otherwise; 409 when that is none."""
    await require_project(services, project_id)
    head = (await services.store.head()).position
    position = data.position or head
    if position > head:
        detail = f"the log has only come to {head}"
        raise InvalidInput(f"/position: {detail}.", [Problem("/position", detail)])
    if not await _anything(services, project_id, position, head, data.states):
        raise NotReady(f"There is nothing to export: no image is {' or '.join(data.states)} at position {position}.")
    command_id = await command_id_of(request)
    export_id = derived_id(command_id, "export") if command_id else services.executor.new_id()
    job_id = derived_id(command_id, "job") if command_id else services.executor.new_id()
    settings = {"states": sorted(set(data.states)), "include_images": data.include_images, "split": data.split}
    payload = {"export_id": str(export_id), "format": data.format, "as_of_position": position, "settings": settings}
    requested = ExportRequested(job_id, data.format, position, settings)
    job = await request_job(
        services, request, project_id, "export", payload, job_id=job_id, priority=10, also=[(export_id, 0, [requested])]
    )
    return ExportReply(job, export_view(await _read(services, export_id)))


async def _anything(
    services: Services, project_id: UUID, position: int, head: int, states: list[ImageReviewState]
) -> bool:
    if position == head:
        return await export_rows.anything_in(services.pool, project_id, states)
    async with steady_connection(services.pool) as connection:
        project = await project_at(connection, project_id, position)
        async for batch in snapshot_batches(connection, project, position, states):
            if batch:
                return True
    return False


class ExportPreview(msgspec.Struct):
    images: int
    annotations: int


@get("/api/projects/{project_id:uuid}/exports/preview", "preview_export")
async def preview_export(
    services: NamedDependency[Services],
    project_id: FromPath[UUID],
    states: Annotated[list[ImageReviewState], QueryParameter(name="state", description="Any of these states.")],
) -> ExportPreview:
    """What an export of these states would hold now."""
    await require_project(services, project_id)
    return ExportPreview(*await export_rows.count_in(services.pool, project_id, states))


@get("/api/projects/{project_id:uuid}/exports", "list_exports")
async def list_exports(
    services: NamedDependency[Services], project_id: FromPath[UUID], limit: Limit = 100, after: After = None
) -> Page[Export]:
    """Newest first."""
    await require_project(services, project_id)
    rows = await export_rows.fetch_exports(services.pool, project_id, after=parse_cursor(after), limit=limit + 1)
    return page_of([export_view(row) for row in rows], limit, [str(row["export_id"]) for row in rows])


@get("/api/exports/{export_id:uuid}", "get_export")
async def get_export(services: NamedDependency[Services], export_id: FromPath[UUID]) -> Export:
    return export_view(await _read(services, export_id))


@get("/api/exports/{export_id:uuid}/file", "get_export_file", problems=[409, 416], media_type="application/zip")
async def get_export_file(
    services: NamedDependency[Services], request: Request[Any, Any, Any], export_id: FromPath[UUID]
) -> Response[Any]:
    """The zip, as an attachment; ranges resume a broken download."""
    row = await _read(services, export_id)
    if row["state"] != "succeeded":
        raise WrongState(f"The export is {row['state']}; there is no file.")
    if await services.blobs.size(row["blob"]) is None:
        raise NotFound("The export's file is gone from the blob store; export again, the bytes will be the same.")
    name = f"{row['format']}-{row['as_of_position']}.zip"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return await file_response(services, request, row["blob"], row["sha256"], "application/zip", row["size"], headers)


routes = [start_export, preview_export, list_exports, get_export, get_export_file]
