"""Images: lists under a filter, detail, bytes and smaller versions, trash and restore, erasure."""

import asyncio
import base64
from datetime import datetime
from email.utils import quote as quote_ascii
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from adapters import image_rows
from adapters.blobs import derivative_name, original_name
from adapters.erasure import erase_traces, registered_digest
from adapters.image_rows import ImageFilter, Sort
from adapters.pictures import DERIVATIVE_SIZES, DerivativeKind, RefusedPicture, derivative
from adapters.project_rows import resolved_categories
from api.idempotency import command_id_of
from api.paging import After, Limit, page_of
from api.projects import require_project
from api.routing import delete, get, post
from api.services import Services
from domain.errors import InvalidInput, NotFound, Problem
from domain.events import ImageErased, ImageRestored, ImageReviewState, ImageTrashed, Source
from domain.execute import IMAGE, Decision, Look
from domain.geometry import Geometry
from domain.ids import LOCAL_ACTOR
from domain.image import ImageState

_derivative_slots = asyncio.Semaphore(2)


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
) -> Neighbours:
    """The images before and after this one, in upload order, under a filter."""
    row = await image_rows.fetch_image(services.pool, image_id)
    if row is None:
        raise NotFound("There is no such image.")
    wanted = await filter_of(
        services, row["project_id"], states, category_id, source, q, min_confidence, query_batch_id
    )
    before, following = await image_rows.fetch_neighbours(services.pool, row["project_id"], row["position"], wanted)
    return Neighbours(before, following)


@get("/api/images/{image_id:uuid}/file", "get_image_file", problems=[416], media_type="application/octet-stream")
async def get_image_file(
    services: NamedDependency[Services], request: Request[Any, Any, Any], image_id: FromPath[UUID]
) -> Response[Any]:
    """The bytes as they were uploaded, as an attachment."""
    image = await read_image(services, image_id)
    disposition = (
        f"attachment; filename=\"{quote_ascii(_ascii(image.file_name))}\"; filename*=UTF-8''{quote(image.file_name)}"
    )
    headers = {"content-disposition": disposition}
    name = original_name(image.digest)
    return await file_response(services, request, name, image.digest, image.media_type, image.byte_size, headers)


@get("/api/images/{image_id:uuid}/thumbnail", "get_thumbnail", problems=[416], media_type="image/webp")
async def get_thumbnail(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    image_id: FromPath[UUID],
    size: Annotated[int, QueryParameter(ge=16, le=512)] = 256,
) -> Response[Any]:
    """A small upright WebP; `size` is its longer side, px, rounded up to one that is kept."""
    return await _derived(services, request, image_id, "thumbnail", size)


@get("/api/images/{image_id:uuid}/preview", "get_preview", problems=[416], media_type="image/webp")
async def get_preview(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    image_id: FromPath[UUID],
    size: Annotated[int, QueryParameter(ge=16, le=4096)] = 2048,
) -> Response[Any]:
    """A large upright WebP for the canvas; never larger than the picture itself."""
    return await _derived(services, request, image_id, "preview", size)


async def _derived(
    services: Services,
    request: Request[Any, Any, Any],
    image_id: UUID,
    kind: DerivativeKind,
    size: int,
) -> Response[Any]:
    image = await read_image(services, image_id)
    kept_size = next(kept for kept in DERIVATIVE_SIZES[kind] if kept >= size)
    etag = f"{image.digest}-{kind}-{kept_size}"
    if _is_fresh(request, etag):
        return _not_modified(etag)
    name = derivative_name(image.digest, kind, kept_size)
    length = await services.blobs.size(name)
    if length is None:
        try:
            original = await services.blobs.get(original_name(image.digest))
        except FileNotFoundError as missing:
            raise NotFound("The picture's file is gone from the blob store.") from missing
        async with _derivative_slots:
            try:
                made = await asyncio.to_thread(derivative, original, kind, kept_size)
            except RefusedPicture as damaged:
                raise NotFound(f"The picture cannot be shown: {damaged}") from damaged
        await services.blobs.put(name, made)
        length = len(made)
    return await file_response(services, request, name, etag, "image/webp", length, {"content-disposition": "inline"})


def _is_fresh(request: Request[Any, Any, Any], etag: str) -> bool:
    wanted = request.headers.get("if-none-match", "")
    return wanted.strip() == "*" or f'"{etag}"' in wanted


def _cache_headers(etag: str) -> dict[str, str]:
    return {
        "etag": f'"{etag}"',
        "cache-control": "private, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "accept-ranges": "bytes",
    }


def _not_modified(etag: str) -> Response[Any]:
    return Response(b"", status_code=304, headers=_cache_headers(etag))


async def file_response(
    services: Services,
    request: Request[Any, Any, Any],
    name: str,
    etag: str,
    media_type: str,
    size: int,
    headers: dict[str, str],
) -> Response[Any]:
    if _is_fresh(request, etag):
        return _not_modified(etag)
    headers = headers | _cache_headers(etag)
    start, end, status = parse_range(request.headers.get("range"), size)
    if status == 416:
        return Response(b"", status_code=416, headers={"content-range": f"bytes */{size}"})
    if status == 206:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    headers["content-length"] = str(end - start)
    return Stream(services.blobs.stream(name, start, end), status_code=status, media_type=media_type, headers=headers)


def parse_range(header: str | None, size: int) -> tuple[int, int, int]:
    """(start, end, status) of a single `bytes=` range; several ranges or nonsense get the whole file (RFC 9110)."""
    whole = (0, size, 200)
    if not header or not header.startswith("bytes=") or "," in header:
        return whole
    first, separator, last = header.removeprefix("bytes=").strip().partition("-")
    if not separator or not (first.isascii() and last.isascii()):
        return whole
    if first == "" and last.isdigit():
        start = max(0, size - int(last))
        return (start, size, 206) if int(last) > 0 and size > 0 else (0, 0, 416)
    if not first.isdigit() or (last and not last.isdigit()):
        return whole
    start, end = int(first), min(int(last) + 1, size) if last else size
    return (start, end, 206) if start < end else (0, 0, 416)


def _ascii(name: str) -> str:
    return name.encode("ascii", "replace").decode()


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
    digest = await registered_digest(services.pool, image_id)

    async def decide(state: ImageState, _look: Look) -> Decision:
        if state.version == 0:
            raise NotFound("There is no such image.")
        known = (*state.annotations, *state.deleted)
        return Decision([] if state.erased else [ImageErased(known)])

    await services.executor.execute(
        IMAGE,
        image_id,
        decide,
        project_id=project_id,
        actor_id=LOCAL_ACTOR,
        command_id=await command_id_of(request),
    )
    await erase_traces(services.pool, services.blobs, project_id, image_id, digest)
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


routes = [
    list_images,
    get_image,
    get_neighbours,
    get_image_file,
    get_thumbnail,
    get_preview,
    trash_image,
    restore_image,
    erase_image,
]
