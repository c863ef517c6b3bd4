"""Annotations of one image: read at any position, changed by commands, replaced whole, with their history."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from adapters import image_rows
from adapters.codec import EVENT_COLUMNS
from adapters.feed import event_view
from api.annotation_views import CommandsApplied, ImageAnnotations, OpenPrediction, difference, views_of
from api.idempotency import command_id_of
from api.projects import require_project
from api.routing import get, post, put
from api.services import Services
from domain.commands import (
    AcceptPrediction,
    AcceptPredictions,
    DrawAnnotation,
    ImageCommand,
    OfOneAnnotation,
    Prediction,
    RejectPrediction,
    ReopenPrediction,
    Version,
)
from domain.errors import InvalidInput, NotFound, Problem, StaleVersion
from domain.events import ImageErased
from domain.execute import IMAGE, PROJECT, Decision, Look
from domain.geometry import Geometry
from domain.ids import LOCAL_ACTOR
from domain.image import ImageState, evolve
from domain.image_decisions import ImageContext, decide, decide_replacement
from domain.ports import Guard
from domain.project import ProjectState

MAX_COMMANDS = 1_000
MAX_ANNOTATIONS = 50_000


class Commands(msgspec.Struct, forbid_unknown_fields=True):
    commands: Annotated[list[ImageCommand], msgspec.Meta(min_length=1, max_length=MAX_COMMANDS)]
    expected_version: Version | None = None


class ReplacementAnnotation(msgspec.Struct, forbid_unknown_fields=True):
    category_id: UUID
    geometry: Geometry
    id: UUID | None = None
    """Leave it out for a new one."""


class Replacement(msgspec.Struct, forbid_unknown_fields=True):
    annotations: Annotated[list[ReplacementAnnotation], msgspec.Meta(max_length=MAX_ANNOTATIONS)]


@get("/api/images/{image_id:uuid}/annotations", "get_annotations")
async def get_annotations(
    services: NamedDependency[Services],
    image_id: FromPath[UUID],
    position: Annotated[
        int | None, QueryParameter(ge=0, le=2**62, description="As the image was at this log position.")
    ] = None,
) -> ImageAnnotations:
    project_id = await project_of_image(services, image_id)
    if position is not None:
        return await _at_position(services, image_id, project_id, position)
    head = services.hub.head.position
    state = await services.executor.load(IMAGE, image_id)
    if state.version == 0 or state.erased:
        raise NotFound("There is no such image.")
    project = await services.executor.load(PROJECT, project_id)
    predictions = [
        OpenPrediction(p.prediction_id, p.run_id, category_id, p.geometry, p.confidence)
        for p in (await _open_predictions(services, image_id)).values()
        if (category_id := project.resolved(p.category_id)) is not None
    ]
    return ImageAnnotations(
        image_id,
        state.version,
        head,
        state.state,
        views_of(state.annotations.values(), project),
        predictions,
        state.claimed_by,
    )


async def _at_position(services: Services, image_id: UUID, project_id: UUID, position: int) -> ImageAnnotations:
    head = await services.store.head()
    if position > head.position:
        detail = f"the log ends at {head.position}"
        raise InvalidInput(f"/position: {detail}.", [Problem("/position", detail)])
    state, project = ImageState(image_id), ProjectState(project_id)
    for recorded in await services.store.read_stream(image_id):
        if isinstance(recorded.event, ImageErased):
            # Of what is erased the past tells no more than the present.
            raise NotFound("There is no such image.")
        if recorded.position <= position:
            state = evolve(state, recorded.version, recorded.actor_id, recorded.event)
    for recorded in await services.store.read_stream(project_id):
        if recorded.position <= position:
            project = PROJECT.evolve(project, recorded.version, recorded.actor_id, recorded.event)
    if state.version == 0:
        raise NotFound("There was no such image at that position.")
    return ImageAnnotations(
        image_id, state.version, position, state.state, views_of(state.annotations.values(), project), []
    )


@post("/api/images/{image_id:uuid}/commands", "apply_commands", status_code=200)
async def apply_commands(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    image_id: FromPath[UUID],
    data: JSONBody[Commands],
) -> CommandsApplied:
    """All or nothing, in order. A 409 carries the events that the client has missed."""
    needs_predictions = any(
        isinstance(command, AcceptPrediction | AcceptPredictions | RejectPrediction) for command in data.commands
    )
    reopening = [command.prediction_id for command in data.commands if isinstance(command, ReopenPrediction)]

    async def decide_commands(state: ImageState, look: Look) -> Decision:
        if data.expected_version is not None and state.version != data.expected_version:
            raise StaleVersion(f"The image is at version {state.version}.", state.version)
        context = await _context(services, look, await project_of_image(services, image_id))
        if needs_predictions:
            predictions = await _open_predictions(services, image_id, reopening)
            context = msgspec.structs.replace(context, predictions=predictions)
        return Decision(
            decide(state, data.commands, context), [Guard(context.project.project_id, context.project.version)]
        )

    named = {command.annotation_id for command in data.commands if isinstance(command, OfOneAnnotation)}
    return await _apply(services, request, image_id, decide_commands, data.expected_version, named)


@put("/api/images/{image_id:uuid}/annotations", "replace_annotations")
async def replace_annotations(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    image_id: FromPath[UUID],
    data: JSONBody[Replacement],
    if_match: Annotated[str | None, HeaderParameter(name="If-Match", description="The version this replaces.")] = None,
) -> CommandsApplied:
    """Makes the image's annotations exactly these, in one transaction; what stays the same is not touched."""
    expected = _version_of(if_match)
    wanted = [DrawAnnotation(a.id or services.executor.new_id(), a.category_id, a.geometry) for a in data.annotations]

    async def decide_set(state: ImageState, look: Look) -> Decision:
        if expected is not None and state.version != expected:
            raise StaleVersion(f"The image is at version {state.version}.", state.version)
        context = await _context(services, look, await project_of_image(services, image_id))
        events = decide_replacement(state, wanted, context)
        return Decision(events, [Guard(context.project.project_id, context.project.version)])

    return await _apply(services, request, image_id, decide_set, expected)


DecideImage = Callable[[ImageState, Look], Awaitable[Decision]]


async def _apply(
    services: Services,
    request: Request[Any, Any, Any],
    image_id: UUID,
    decide_image: DecideImage,
    expected_version: int | None,
    named: Collection[UUID] = (),
) -> CommandsApplied:
    command_id = await command_id_of(request)
    project_id = await project_of_image(services, image_id)
    try:
        outcome = await services.executor.execute(
            IMAGE, image_id, decide_image, project_id=project_id, actor_id=LOCAL_ACTOR, command_id=command_id
        )
    except StaleVersion as stale:
        rows = await services.pool.fetch(
            f"SELECT {EVENT_COLUMNS} FROM events WHERE stream_id = $1 AND version > $2 ORDER BY version LIMIT 500",
            image_id,
            expected_version if expected_version is not None else max(0, stale.current_version - 20),
        )
        raise StaleVersion(stale.detail, stale.current_version, [event_view(row) for row in rows]) from stale
    project = await services.executor.recall(PROJECT, project_id)
    return difference(outcome.before, outcome.state, outcome.position, named, project)


async def _context(services: Services, look: Look, project_id: UUID) -> ImageContext:
    project = await look(PROJECT, project_id)
    await require_project(services, project_id)
    return ImageContext(project, LOCAL_ACTOR)


async def _open_predictions(
    services: Services, image_id: UUID, reopening: Sequence[UUID] = ()
) -> dict[UUID, Prediction]:
    rows = await image_rows.fetch_predictions(services.pool, [image_id], reopening)
    return {
        row["prediction_id"]: Prediction(
            row["prediction_id"],
            row["run_id"],
            row["category_id"],
            msgspec.json.decode(row["geometry"], type=Geometry),
            row["confidence"],
        )
        for row in rows
    }


_projects_of_images: dict[UUID, UUID] = {}
"""An image never moves to another project, so what was looked up once stays true."""


async def project_of_image(services: Services, image_id: UUID) -> UUID:
    known = _projects_of_images.get(image_id)
    if known is not None:
        return known
    project_id = await require_image(services, image_id)
    if len(_projects_of_images) > 100_000:
        _projects_of_images.clear()
    _projects_of_images[image_id] = project_id
    return project_id


async def require_image(services: Services, image_id: UUID) -> UUID:
    """The project of an image that stands; raises NotFound, also for one that was erased a moment ago."""
    project_id = await services.pool.fetchval(
        "SELECT project_id FROM images WHERE image_id = $1 AND NOT erased", image_id
    )
    if project_id is None:
        raise NotFound("There is no such image.")
    return project_id


def _version_of(if_match: str | None) -> int | None:
    if if_match is None:
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        detail = "must be the image's version"
        raise InvalidInput(f"If-Match: {detail}.", [Problem("/headers/if-match", detail)])
    return int(text)


routes = [get_annotations, apply_commands, replace_annotations]
