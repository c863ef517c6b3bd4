"""Embeddings: ask for them, see them as a map, see which pictures show the same."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from adapters import embedding_rows
from adapters.project_rows import resolved_categories
from api.jobs import Job, request_job
from api.paging import After, Limit, Page, page_of
from api.projects import parse_cursor, require_project
from api.routing import get, post
from api.services import Services
from domain.events import ImageReviewState

MAX_POINTS = 20_000


class EmbeddingsRequested(msgspec.Struct):
    job: Job


class MapPoint(msgspec.Struct):
    image_id: UUID
    x: float
    y: float
    state: ImageReviewState
    audit: bool
    category_ids: list[UUID]
    near_duplicate_group: UUID | None


class EmbeddingMap(msgspec.Struct):
    embedder: str | None
    """None while nothing is embedded."""
    dim: int
    embedded: int
    missing: int
    """Images that have no vector of this embedder yet."""
    items: list[MapPoint]
    next: str | None


class DuplicateGroup(msgspec.Struct):
    id: UUID
    kind: Literal["exact", "near"]
    image_ids: list[UUID]


@post("/api/projects/{project_id:uuid}/embeddings", "request_embeddings", status_code=202)
async def request_embeddings(
    services: NamedDependency[Services], request: Request[Any, Any, Any], project_id: FromPath[UUID]
) -> EmbeddingsRequested:
    """Embed what is not embedded yet. The job's `result` names the embedder, and its `notice` if it is a fallback."""
    await require_project(services, project_id)
    return EmbeddingsRequested(await request_job(services, request, project_id, "embed", {}))


@get("/api/projects/{project_id:uuid}/embedding-map", "get_embedding_map")
async def get_embedding_map(
    services: NamedDependency[Services],
    project_id: FromPath[UUID],
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_POINTS, description="Points per page.")] = 5_000,
    after: After = None,
) -> EmbeddingMap:
    """Every embedded image as a point, each coordinate -1 to 1; similar pictures lie close."""
    await require_project(services, project_id)
    cursor = parse_cursor(after)
    space = await embedding_rows.fetch_space(services.pool, project_id)
    missing = await embedding_rows.count_missing(services.pool, project_id, space.embedder if space else "")
    if space is None:
        return EmbeddingMap(None, 0, 0, missing, [], None)
    rows = await embedding_rows.fetch_map(services.pool, project_id, space.embedder, cursor, limit + 1)
    resolved = await resolved_categories(services.pool, project_id)
    points = [
        MapPoint(
            image_id=row["image_id"],
            x=row["x"],
            y=row["y"],
            state=row["state"],
            audit=row["audit"],
            category_ids=sorted({resolved[raw] for raw in row["category_ids"] if raw in resolved}),
            near_duplicate_group=row["near_duplicate_group"],
        )
        for row in rows
    ]
    page = page_of(points, limit, [str(row["image_id"]) for row in rows])
    return EmbeddingMap(space.embedder, space.dim, space.count, missing, page.items, page.next)


@get("/api/projects/{project_id:uuid}/duplicates", "list_duplicates")
async def list_duplicates(
    services: NamedDependency[Services], project_id: FromPath[UUID], limit: Limit = 100, after: After = None
) -> Page[DuplicateGroup]:
    """Groups of pictures with equal bytes and, among those embedded, of pictures that show nearly the same."""
    await require_project(services, project_id)
    space = await embedding_rows.fetch_space(services.pool, project_id)
    rows = await embedding_rows.fetch_duplicate_groups(
        services.pool, project_id, space.embedder if space else None, parse_cursor(after), limit + 1
    )
    groups = [DuplicateGroup(row["group_id"], "exact" if row["exact"] else "near", row["image_ids"]) for row in rows]
    return page_of(groups, limit, [str(group.id) for group in groups])


routes = [request_embeddings, get_embedding_map, list_duplicates]
