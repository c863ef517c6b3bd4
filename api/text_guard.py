"""Text that PostgreSQL cannot hold is refused before anything sees it: NUL in JSON, paths and queries."""

import re
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from litestar import Request

from domain.errors import InvalidInput, Problem

ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


async def refuse_unstorable_text(request: Request[Any, Any, Any]) -> None:
    """Raises InvalidInput for NUL characters and for text that is not UTF-8."""
    scope = cast("dict[str, Any]", request.scope)
    for where in (scope.get("raw_path", b""), scope.get("query_string", b"")):
        _check(unquote_to_bytes(where), "the address")
    if request.headers.get("content-type", "").startswith("application/json"):
        body = await request.body()
        _check(body, "the body")
        if ESCAPED_NUL.search(body):
            raise InvalidInput("The body holds a NUL character.", [Problem("", "NUL characters cannot be stored")])


def _check(text: bytes, name: str) -> None:
    if b"\x00" in text:
        raise InvalidInput(f"{name} holds a NUL character.", [Problem("", "NUL characters cannot be stored")])
    try:
        text.decode()
    except UnicodeDecodeError as wrong:
        raise InvalidInput(f"{name} is not UTF-8.", [Problem("", str(wrong))]) from wrong
