"""The web page: the built bundle under web/dist, and its index for every address of the app itself."""

import asyncio
import mimetypes
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.exceptions import NotFoundException
from litestar.handlers import get

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)

HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}

NOT_BUILT = (
    "<!doctype html><title>Auto-Annotation</title><p>The web page is not built here; `make up` builds it. "
    "The API is described at <a href='/docs'>/docs</a>."
)


def routes(dist: Path) -> list[Any]:
    """Handlers that serve `dist`. Files under assets/ carry a hash in their name and never change."""

    root = dist.resolve()

    def file_at(path: str) -> Path | None:
        wanted = (root / path).resolve()
        return wanted if path and wanted.is_relative_to(root) and wanted.is_file() else None

    @get(["/", "/{path:path}"], include_in_schema=False, media_type="text/html")
    async def web_page(request: Request[Any, Any, Any]) -> Response[bytes]:
        path = request.url.path.removeprefix("/")
        if (wanted := await asyncio.to_thread(file_at, path)) is not None:
            kind = mimetypes.guess_type(wanted.name)[0] or "application/octet-stream"
            caching = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
            content = await asyncio.to_thread(wanted.read_bytes)
            return Response(content, media_type=kind, headers={**HEADERS, "cache-control": caching})
        if path.startswith(("api/", "ws/", "health/", "docs/")) or "." in path.rpartition("/")[2]:
            raise NotFoundException("There is nothing at this address.")
        index = await asyncio.to_thread(file_at, "index.html")
        page = await asyncio.to_thread(index.read_bytes) if index else NOT_BUILT.encode()
        return Response(page, media_type="text/html", headers={**HEADERS, "cache-control": "no-cache"})

    return [web_page]
