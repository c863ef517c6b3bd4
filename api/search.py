"""Search: the pictures that are most like a text or like another picture."""

import asyncio
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from adapters import embedding_rows, image_rows, search_rows
from adapters.search_rows import ANSWERED_WITHIN_S, Answer, Query, Search
from api.paging import MAX_LIMIT
from api.projects import require_project
from api.routing import get
from api.services import Services
from domain.errors import InvalidInput, NotFound, NotReady, Problem, Unavailable

LOOKS_S = (0.02,) * 50 + (0.1,) * 1_000
"""A person waits: the answer is looked for every 20 ms for a second, then less often. No connection is held."""


class SearchHit(msgspec.Struct):
    image_id: UUID
    score: float
    """Cosine similarity, -1 to 1."""


class SearchResult(msgspec.Struct):
    embedder: str
    items: list[SearchHit]


@get("/api/projects/{project_id:uuid}/search", "search_images", problems=(409,))
async def search_images(
    services: NamedDependency[Services],
    project_id: FromPath[UUID],
    text: Annotated[str | None, QueryParameter(min_length=1, max_length=500, description="What to look for.")] = None,
    image_id: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="Images to answer at most.")] = 50,
) -> SearchResult:
    """Embedded images, the most similar first. Give either `text` (needs a CLIP embedder) or `image_id`."""
    if (text is None) == (image_id is None):
        raise InvalidInput("Give either text or image_id.", [Problem("/text", "either this or image_id")])
    await require_project(services, project_id)
    if image_id is not None:
        image = await image_rows.fetch_image(services.pool, image_id)
        if image is None or image["project_id"] != project_id:
            raise NotFound("There is no such image in this project.")
    space = await embedding_rows.fetch_space(services.pool, project_id)
    if space is None:
        raise NotReady("Nothing is embedded yet: request embeddings first.")
    if text is not None and space.embedder.startswith("timm:"):
        raise NotReady(
            f"The pictures were embedded with {space.embedder.removeprefix('timm:')}, which knows no text. "
            "Search by image, or embed again with a CLIP model."
        )
    if image_id is not None and not await search_rows.fetch_vector(services.pool, project_id, image_id, space.embedder):
        raise NotReady("This image is not embedded yet: request embeddings first.")
    answer = await _answered(services, project_id, Query(space.embedder, limit, text, image_id))
    if answer.refusal is not None:
        raise NotReady(answer.refusal)
    return SearchResult(space.embedder, [SearchHit(found.image_id, found.score) for found in answer.found])


async def _answered(services: Services, project_id: UUID, query: Query) -> Answer:
    search = Search(services.executor.new_id(), project_id, query)
    await search_rows.ask(services.relaxed_pool, search)
    clock = asyncio.get_running_loop().time
    deadline = clock() + ANSWERED_WITHIN_S
    for pause in LOOKS_S:
        await asyncio.sleep(pause)
        answer = await search_rows.fetch_answer(services.relaxed_pool, search.search_id)
        if answer is not None:
            return answer
        if clock() > deadline:
            break
    raise Unavailable("No worker answered within ten seconds; it may still be starting or loading its model.")


routes = [search_images]
