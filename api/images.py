"""Images: lists under a filter, detail, bytes and smaller versions, trash and restore, erasure."""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from adapters import image_rows
from adapters.image_rows import ImageFilter, Sort
from adapters.project_rows import resolved_categories
from api.paging import After, Limit, page_of
from api.projects import require_project
from api.routing import get
from api.services import Services
from domain.errors import InvalidInput, NotFound, Problem
from domain.events import ImageReviewState, Source
from domain.geometry import Geometry


class Image(msgspec.Struct):
    id: UUID
    project_id: UUID
    file_name: str
    width: int
    height: int
    byte_size: int
    media_type: str
    digest: str
    state: ImageReviewState
    trashed: bool
    audit: bool
    annotation_count: int
    prediction_count: int
    max_confidence: float | None
    claimed_by: UUID | None
    reject_reason: str | None
    query_batch_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime
    shapes: list["ThumbnailShape"] | None = None
    """With `include=shapes`: what to draw into the thumbnail."""
    position: int | None = None
    """Of the event that this request appended."""


class ThumbnailShape(msgspec.Struct):
    category_id: UUID
    geometry: Geometry
    layer: Literal["annotation", "prediction"]
    source: Source | None = None
    confidence: float | None = None


class ImagePage(msgspec.Struct):
    items: list[Image]
    next: str | None
    total: int | None = None
    """All images under the filter; with `include=total`."""


class Neighbours(msgspec.Struct):
    previous: UUID | None
    next: UUID | None
    place: int | None = None
    """From 1, under the filter and in the order; with `include=place`."""
    total: int | None = None


def image_view(row: Any, position: int | None = None) -> Image:
    return Image(
        id=row["image_id"],
        project_id=row["project_id"],
        file_name=row["file_name"],
        width=row["width"],
        height=row["height"],
        byte_size=row["byte_size"],
        media_type=row["media_type"],
        digest=row["digest"],
        state=row["state"],
        trashed=row["trashed"],
        audit=row["audit"],
        annotation_count=row["annotation_count"],
        prediction_count=row["prediction_count"],
        max_confidence=row["max_confidence"],
        claimed_by=row["claimed_by"],
        reject_reason=row["reject_reason"],
        query_batch_id=row["query_batch_id"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        position=position,
    )


async def read_image(services: Services, image_id: UUID, position: int | None = None) -> Image:
    row = await image_rows.fetch_image(services.pool, image_id)
    if row is None:
        raise NotFound("There is no such image.")
    return image_view(row, position)


StateFilter = Annotated[
    list[ImageReviewState] | None, QueryParameter(name="state", description="Any of these review states.")
]
NamePart = Annotated[str | None, QueryParameter(max_length=255, description="Part of the file name.")]
Confidence = Annotated[
    float | None, QueryParameter(ge=0, le=1, description="Has an open prediction at least this sure.")
]
PlaceIncluded = Annotated[list[Literal["place"]] | None, QueryParameter(description="What to add to the answer.")]
Include = Annotated[list[Literal["shapes", "total"]] | None, QueryParameter(description="What to add to the answer.")]


async def filter_of(
    services: Services,
    project_id: UUID,
    state: list[ImageReviewState] | None,
    category_id: UUID | None,
    source: Source | None,
    q: str | None,
    min_confidence: float | None,
    query_batch_id: UUID | None = None,
    audit: bool | None = None,
    trashed: bool = False,
) -> ImageFilter:
    raw = None if category_id is None else await image_rows.raw_categories_of(services.pool, project_id, category_id)
    return ImageFilter(
        states=list(state) if state else None,
        category_ids=raw,
        source=source,
        q=q,
        min_confidence=min_confidence,
        query_batch_id=query_batch_id,
        audit=audit,
        trashed=trashed,
    )


@get("/api/projects/{project_id:uuid}/images", "list_images")
async def list_images(
    services: NamedDependency[Services],
    project_id: FromPath[UUID],
    states: StateFilter = None,
    category_id: FromQuery[UUID | None] = None,
    source: FromQuery[Source | None] = None,
    q: NamePart = None,
    min_confidence: Confidence = None,
    query_batch_id: FromQuery[UUID | None] = None,
    audit: FromQuery[bool | None] = None,
    trashed: FromQuery[bool] = False,
    sort: FromQuery[Sort] = "oldest",
    include: Include = None,
    limit: Limit = 100,
    after: After = None,
) -> ImagePage:
    await require_project(services, project_id)
    wanted = await filter_of(
        services, project_id, states, category_id, source, q, min_confidence, query_batch_id, audit, trashed
    )
    key = _decode_cursor(after, sort)
    rows = await image_rows.fetch_images(services.pool, project_id, wanted, sort=sort, after=key, limit=limit + 1)
    page = page_of([image_view(row) for row in rows], limit, [_encode_cursor(row, sort) for row in rows])
    total = None
    if include and "total" in include:
        total = await image_rows.count_images(services.pool, project_id, wanted)
    if include and "shapes" in include:
        await _add_shapes(services, project_id, page.items)
    return ImagePage(page.items, page.next, total)


async def _add_shapes(services: Services, project_id: UUID, items: list[Image]) -> None:
    ids = [image.id for image in items]
    resolved = await resolved_categories(services.pool, project_id)
    shapes: dict[UUID, list[ThumbnailShape]] = {image_id: [] for image_id in ids}
    for row in await image_rows.fetch_annotations(services.pool, ids):
        if (category_id := resolved.get(row["category_id"])) is not None:
            geometry = msgspec.json.decode(row["geometry"], type=Geometry)
            shapes[row["image_id"]].append(
                ThumbnailShape(category_id, geometry, "annotation", row["source"], row["confidence"])
            )
    for row in await image_rows.fetch_predictions(services.pool, ids):
        if (category_id := resolved.get(row["category_id"])) is not None:
            geometry = msgspec.json.decode(row["geometry"], type=Geometry)
            shapes[row["image_id"]].append(ThumbnailShape(category_id, geometry, "prediction", None, row["confidence"]))
    for image in items:
        image.shapes = shapes[image.id]


@get("/api/images/{image_id:uuid}", "get_image")
async def get_image(services: NamedDependency[Services], image_id: FromPath[UUID]) -> Image:
    return await read_image(services, image_id)


@get("/api/images/{image_id:uuid}/neighbours", "get_neighbours")
async def get_neighbours(
    services: NamedDependency[Services],
    image_id: FromPath[UUID],
    states: StateFilter = None,
    category_id: FromQuery[UUID | None] = None,
    source: FromQuery[Source | None] = None,
    q: NamePart = None,
    min_confidence: Confidence = None,
    query_batch_id: FromQuery[UUID | None] = None,
    sort: FromQuery[Sort] = "oldest",
    include: PlaceIncluded = None,
) -> Neighbours:
    """The images before and after this one, in the order and under the filter of a list."""
    row = await image_rows.fetch_image(services.pool, image_id)
    if row is None:
        raise NotFound("There is no such image.")
    wanted = await filter_of(
        services, row["project_id"], states, category_id, source, q, min_confidence, query_batch_id
    )
    where = (services.pool, row["project_id"], row, wanted, sort)
    before, following = await image_rows.fetch_neighbours(*where)
    if not include:
        return Neighbours(before, following)
    total = await image_rows.count_images(services.pool, row["project_id"], wanted)
    return Neighbours(before, following, 1 + await image_rows.count_before(*where), total)


def _encode_cursor(row: Any, sort: Sort) -> str:
    key = [row["file_name"], row["position"]] if sort == "name" else [row["position"]]
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode()


def _decode_cursor(after: str | None, sort: Sort) -> list[Any] | None:
    if after is None:
        return None
    shape = tuple[str, int] if sort == "name" else tuple[int]
    try:
        key = msgspec.json.decode(base64.urlsafe_b64decode(after.encode()), type=shape)
        if not 0 <= key[-1] < 2**63:
            raise ValueError("out of range")
    except (ValueError, msgspec.DecodeError) as wrong:
        raise InvalidInput("/after: not a cursor of this list.", [Problem("/after", "not a cursor")]) from wrong
    return list(key)


routes = [list_images, get_image, get_neighbours]
