"""Bytes of an image: the original as it came, smaller upright versions, cached by content and served in ranges."""

import asyncio
from email.utils import quote as quote_ascii
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from adapters.blobs import derivative_name, original_name
from adapters.pictures import DERIVATIVE_SIZES, DerivativeKind, RefusedPicture, derivative
from adapters.safekeeping import kept_from_erasure
from api.errors import problem
from api.images import read_image
from api.routing import get
from api.services import Services
from domain.errors import NotFound

_derivative_slots = asyncio.Semaphore(2)


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
        async with kept_from_erasure(services.pool, [image.digest]) as connection:
            # Erased while this was made of it, it leaves nothing behind.
            if await connection.fetchval("SELECT erased FROM images WHERE image_id = $1", image_id):
                raise NotFound("There is no such image.")
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
    # A download that began with other bytes must not be continued with these.
    same = request.headers.get("if-range", f'"{etag}"') == f'"{etag}"'
    start, end, status = parse_range(request.headers.get("range") if same else None, size)
    if status == 416:
        refused = problem(request, 416, "Range not satisfiable", f"The file has {size} bytes.")
        refused.headers["content-range"] = f"bytes */{size}"
        return refused
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


routes = [get_image_file, get_thumbnail, get_preview]
