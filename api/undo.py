"""Undo of a job's work, of what one person did on some images, or of an undo."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from adapters.prediction_rows import supersede_reopened
from api.idempotency import command_id_of
from api.projects import require_project
from api.routing import post
from api.services import Services
from domain.errors import NotFound, WrongState
from domain.execute import IMAGE, PROJECT, Decision, Look
from domain.ids import LOCAL_ACTOR, derived_id
from domain.image import ImageState
from domain.ports import Guard
from domain.undo import Chosen, by_actor, by_job, by_undo, decide_undo

MAX_IMAGES = 100_000
UNDONE_AT_ONCE = 64
"""They share their transactions: one by one, each image would wait for the disk alone."""


class UndoJob(msgspec.Struct, frozen=True, tag_field="type", tag="job", forbid_unknown_fields=True):
    """Everything that a prediction job accepted."""

    job_id: UUID


class UndoActor(msgspec.Struct, frozen=True, tag_field="type", tag="actor", forbid_unknown_fields=True):
    """Everything that one person did on these images, after a log position if one is given."""

    actor_id: UUID
    image_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=MAX_IMAGES)]
    after_position: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0


class UndoUndo(msgspec.Struct, frozen=True, tag_field="type", tag="undo", forbid_unknown_fields=True):
    """An earlier undo."""

    undo_id: UUID


class Undo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    what: UndoJob | UndoActor | UndoUndo


class UndoReport(msgspec.Struct):
    undo_id: UUID
    """Give it back as `{type: "undo"}` to take the undo back."""
    images: int
    events: int
    kept: int
    """Annotations that others changed afterwards, or whose category was removed; they were left alone."""
    skipped: int
    """Images in the trash."""


@post("/api/projects/{project_id:uuid}/undo", "undo", status_code=200)
async def undo(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    data: JSONBody[Undo],
) -> UndoReport:
    """Compensating events image by image; the history keeps what was done and that it was undone."""
    await require_project(services, project_id)
    command_id = await command_id_of(request)
    undo_id = derived_id(command_id, "undo") if command_id else services.executor.new_id()
    report = UndoReport(undo_id, 0, 0, 0, 0)
    images, chosen = await _images(services, project_id, data.what), _chosen(data.what)
    for start in range(0, len(images), UNDONE_AT_ONCE):
        part = images[start : start + UNDONE_AT_ONCE]
        await asyncio.gather(*(_undo_on(services, project_id, image_id, chosen, report) for image_id in part))
        await supersede_reopened(services.pool, part)
    return report


async def _undo_on(
    services: Services,
    project_id: UUID,
    image_id: UUID,
    chosen: Chosen,
    report: UndoReport,
) -> None:
    counted = (0, 0)

    async def decide(_state: ImageState, look: Look) -> Decision:
        nonlocal counted
        project = await look(PROJECT, project_id)
        undone = decide_undo(image_id, await services.store.read_stream(image_id), chosen, project)
        counted = (len(undone.events), len(undone.kept))
        return Decision(undone.events, [Guard(project_id, project.version)])

    try:
        await services.executor.execute(
            IMAGE,
            image_id,
            decide,
            project_id=project_id,
            actor_id=LOCAL_ACTOR,
            command_id=derived_id(report.undo_id, str(image_id)),
            correlation_id=report.undo_id,
        )
    except (NotFound, WrongState):
        report.skipped += 1
        return
    report.images += counted[0] > 0
    report.events += counted[0]
    report.kept += counted[1]


async def _images(services: Services, project_id: UUID, what: UndoJob | UndoActor | UndoUndo) -> list[UUID]:
    match what:
        case UndoJob(job_id=job_id):
            rows = await services.pool.fetch(
                "SELECT DISTINCT stream_id FROM events WHERE project_id = $1 AND type = 'predictions.accepted' "
                "AND data ->> 'job_id' = $2",
                project_id,
                str(job_id),
            )
        case UndoActor(image_ids=image_ids):
            rows = await services.pool.fetch(
                "SELECT image_id AS stream_id FROM images WHERE project_id = $1 AND image_id = ANY($2::uuid[])",
                project_id,
                image_ids,
            )
        case UndoUndo(undo_id=undo_id):
            rows = await services.pool.fetch(
                "SELECT DISTINCT stream_id FROM events WHERE project_id = $1 AND correlation_id = $2",
                project_id,
                undo_id,
            )
    if not rows:
        raise NotFound("There is nothing in this project to undo by that.")
    return [row["stream_id"] for row in rows]


def _chosen(what: UndoJob | UndoActor | UndoUndo) -> Chosen:
    match what:
        case UndoJob(job_id=job_id):
            return by_job(job_id)
        case UndoActor(actor_id=actor_id, after_position=position):
            return by_actor(actor_id, position)
        case UndoUndo(undo_id=undo_id):
            return by_undo(undo_id)


routes = [undo]
