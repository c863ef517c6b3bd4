"""`Idempotency-Key`: the first answer is kept and given again; the same key with another request is refused.

The events of a keyed command get ids derived from the key, so that even a crash between the commit and the keeping of
the answer cannot double it: the repeated append answers `duplicate`.
"""

import hashlib
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request

from api.services import Services
from domain.errors import InvalidInput, KeyReused, Problem
from domain.ids import LOCAL_ACTOR, derived_id

MAX_KEY_LENGTH = 200

T = TypeVar("T")

_KEEP = (
    "INSERT INTO commands AS c (command_id, request_hash) VALUES ($1, $2) "
    "ON CONFLICT (command_id) DO UPDATE SET request_hash = c.request_hash RETURNING request_hash, response"
)


async def command_id_of(request: Request[Any, Any, Any]) -> UUID | None:
    """The command's id from its Idempotency-Key, or None without one. Raises InvalidInput for an unusable key."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not key.isprintable():
        detail = f"must be 1 to {MAX_KEY_LENGTH} printable characters"
        raise InvalidInput(f"Idempotency-Key {detail}.", [Problem("/headers/idempotency-key", detail)])
    return derived_id(LOCAL_ACTOR, key)


async def kept_answer(
    services: Services, request: Request[Any, Any, Any], command_id: UUID | None, shape: type[T]
) -> T | None:
    """The first answer to this key, None if it is new. Raises KeyReused when the request is another one."""
    if command_id is None:
        return None
    parts = (request.method, request.url.path, request.url.query, (await request.body()).hex())
    request_hash = hashlib.sha256("\n".join(parts).encode()).digest()
    row = await services.relaxed_pool.fetchrow(_KEEP, command_id, request_hash)
    if row["request_hash"] != request_hash:
        raise KeyReused("This Idempotency-Key was used for another request before.")
    return None if row["response"] is None else msgspec.json.decode(row["response"], type=shape)


async def keep_answer(services: Services, command_id: UUID | None, body: Any) -> None:
    if command_id is not None:
        await services.relaxed_pool.execute(
            "UPDATE commands SET response = $2 WHERE command_id = $1",
            command_id,
            msgspec.json.encode(body),
        )
