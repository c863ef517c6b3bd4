"""An image goes to the trash, comes back, or is erased for good."""

import asyncio
import shutil
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath

from adapters.erasure import erase_traces, registered_as
from adapters.search_rows import vector_cache
from api.idempotency import command_id_of
from api.images import Image, read_image
from api.routing import delete, post
from api.services import Services
from domain.errors import NotFound
from domain.events import ImageErased, ImageRestored, ImageTrashed
from domain.execute import IMAGE, Decision, Look
from domain.ids import LOCAL_ACTOR
from domain.image import ImageState


@delete("/api/images/{image_id:uuid}", "trash_image", status_code=200)
async def trash_image(
    services: NamedDependency[Services], request: Request[Any, Any, Any], image_id: FromPath[UUID]
) -> Image:
    async def decide(state: ImageState, _look: Look) -> Decision:
        _require_image(state)
        return Decision([] if state.trashed else [ImageTrashed()])

    return await _execute(services, request, image_id, decide)


@post("/api/images/{image_id:uuid}/restore", "restore_image", status_code=200)
async def restore_image(
    services: NamedDependency[Services], request: Request[Any, Any, Any], image_id: FromPath[UUID]
) -> Image:
    async def decide(state: ImageState, _look: Look) -> Decision:
        _require_image(state)
        return Decision([ImageRestored()] if state.trashed else [])

    return await _execute(services, request, image_id, decide)


@post("/api/images/{image_id:uuid}/erase", "erase_image", status_code=204)
async def erase_image(
    services: NamedDependency[Services], request: Request[Any, Any, Any], image_id: FromPath[UUID]
) -> None:
    """For good: the picture, everything derived from it, and what the log says of it. Exports of the project go too.

    Asking again for an erased image finishes what a crash may have left.
    """
    project_id = await services.pool.fetchval("SELECT project_id FROM images WHERE image_id = $1", image_id)
    if project_id is None:
        raise NotFound("There is no such image.")
    digest, file_name = await registered_as(services.pool, image_id)

    async def decide(state: ImageState, _look: Look) -> Decision:
        if state.version == 0:
            raise NotFound("There is no such image.")
        # Not the deleted ones: their ids may be on another image by now.
        return Decision([] if state.erased else [ImageErased(tuple(state.annotations))])

    await services.executor.execute(
        IMAGE,
        image_id,
        decide,
        project_id=project_id,
        actor_id=LOCAL_ACTOR,
        command_id=await command_id_of(request),
    )
    await erase_traces(services.pool, services.blobs, project_id, image_id, digest, file_name)
    # The copy of the vectors on this machine's disk is made again from the table.
    await asyncio.to_thread(shutil.rmtree, vector_cache(services.settings.data_dir, project_id), ignore_errors=True)
    services.executor.forget(image_id)


async def _execute(services: Services, request: Request[Any, Any, Any], image_id: UUID, decide: Any) -> Image:
    image = await read_image(services, image_id)
    outcome = await services.executor.execute(
        IMAGE,
        image_id,
        decide,
        project_id=image.project_id,
        actor_id=LOCAL_ACTOR,
        command_id=await command_id_of(request),
    )
    return await read_image(services, image_id, outcome.position or None)


def _require_image(state: ImageState) -> None:
    if state.version == 0 or state.erased:
        raise NotFound("There is no such image.")


routes = [trash_image, restore_image, erase_image]
