"""`Idempotency-Key`: the first answer is kept and given again; the same key with another request is refused.

The events of a keyed command get ids derived from the key, so that even a crash between the commit and the keeping of
the answer cannot double it: the repeated append answers `duplicate`.
"""

import gzip
import hashlib
import re
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.types import HTTPScope, Message, Scope

from adapters import kept_answers
from domain.errors import InvalidInput, KeyReused, Problem
from domain.ids import LOCAL_ACTOR, derived_id

if TYPE_CHECKING:
    from api.services import Services

MAX_KEY_LENGTH = 200
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
STREAMED_BODIES = ("multipart/form-data", "application/zip", "application/x-zip-compressed")
"""May be larger than memory: their handlers call `first_answer` with a digest once they have the body on disk."""


_PATH_OF_IMAGE = re.compile(r"/api/images/([0-9a-fA-F-]{36})(/|$)")
_NAMED_ID = re.compile(rb'"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"')


class KeptAnswer(msgspec.Struct):
    status: int
    body: msgspec.Raw


class _Keeping(msgspec.Struct):
    """The answer that is on its way out, seen piece by piece."""

    command_id: UUID
    status: int = 0
    gzipped: bool = False
    body: bytes = b""


async def command_id_of(request: Request[Any, Any, Any]) -> UUID | None:
    """The command's id from its Idempotency-Key, or None without one. Raises InvalidInput for an unusable key."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not key.isprintable():
        detail = f"must be 1 to {MAX_KEY_LENGTH} printable characters"
        raise InvalidInput(f"Idempotency-Key {detail}.", [Problem("/headers/idempotency-key", detail)])
    return _id_of(key)


def _id_of(key: str) -> UUID:
    """A key that is a UUIDv7 lends its time: what it makes is then listed by when it was asked for."""
    plain = derived_id(LOCAL_ACTOR, key)
    try:
        given = UUID(key)
    except ValueError:
        return plain
    return UUID(int=given.int >> 80 << 80 | plain.int & (1 << 80) - 1) if given.version == 7 else plain


async def first_answer_of_small_body(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Before every request: the kept answer, None if there is none or the handler must look itself."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method not in WRITES or "idempotency-key" not in request.headers or kind in STREAMED_BODIES:
        return None
    return await first_answer(request, hashlib.sha256(await request.body()).digest())


async def first_answer(request: Request[Any, Any, Any], body_digest: bytes) -> Response[Any] | None:
    """The first answer to this key; None if it is new, and what is answered now will be kept.

    Raises KeyReused when the request is another one.
    """
    command_id = await command_id_of(request)
    if command_id is None:
        return None
    parts = (request.method, request.url.path, request.url.query, body_digest.hex())
    request_hash = hashlib.sha256("\n".join(parts).encode()).digest()
    services: Services = request.app.state.services
    first_hash, answer = await kept_answers.claim(services.relaxed_pool, command_id, request_hash)
    if first_hash != request_hash:
        raise KeyReused("This Idempotency-Key was used for another request before.")
    if answer is None:
        request.scope["state"]["keeping"] = _Keeping(command_id)
        return None
    kept = msgspec.json.decode(answer, type=KeptAnswer)
    body = b"" if kept.status == 204 else bytes(kept.body)
    return Response(body, status_code=kept.status, media_type="application/json")


async def keep_answer(message: Message, scope: Scope) -> None:
    """Before every message goes out: a success under a key is kept before anybody sees it."""
    keeping: _Keeping | None = cast("HTTPScope", scope)["state"].get("keeping")
    if keeping is None:
        return
    if message["type"] == "http.response.start":
        keeping.status = message["status"]
        keeping.gzipped = (b"content-encoding", b"gzip") in list(message["headers"])
    elif message["type"] == "http.response.body" and keeping.status < 300:
        keeping.body += message["body"]
        if not message["more_body"]:
            body = gzip.decompress(keeping.body) if keeping.gzipped else keeping.body
            kept = msgspec.json.encode(KeptAnswer(keeping.status, msgspec.Raw(body or b"null")))
            services: Services = scope["litestar_app"].state.services
            about = _subjects(cast("HTTPScope", scope)["path"], body)
            await kept_answers.keep(services.relaxed_pool, keeping.command_id, kept, about)


def _subjects(path: str, body: bytes) -> set[UUID]:
    """The image of the path; where it names none, every id in the answer may be one's."""
    if of_image := _PATH_OF_IMAGE.match(path):
        return {UUID(of_image[1])}
    return {UUID(found.decode()) for found in _NAMED_ID.findall(body)}
