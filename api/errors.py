"""The one place that knows which HTTP status an error gets; every error body is application/problem+json (RFC 9457)."""

import logging
from typing import Annotated, Any, cast

import asyncpg
import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from adapters.database import DATABASE_AWAY
from adapters.feed import EventView
from domain import errors

log = logging.getLogger("autoannotate.api")

PROBLEM_JSON = "application/problem+json"

STATUS: dict[type[errors.DomainError], int] = {
    errors.InvalidInput: 400,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.KeyReused: 422,
    errors.Unavailable: 503,
}


class ProblemPart(msgspec.Struct):
    pointer: str
    detail: str


class ProblemDetails(msgspec.Struct, omit_defaults=True):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: str
    instance: str
    errors: list[ProblemPart] | None = None
    current_version: int | None = None
    missed_events: list[EventView] | None = None


DESCRIPTIONS = {
    400: "The request is wrong; `errors` names the parts.",
    404: "There is no such thing.",
    405: "This method is not for this path.",
    409: "The world has moved on, or something is missing first.",
    413: "Too large.",
    416: "The range lies outside the file.",
    422: "This idempotency key came with another request before.",
    503: "A server that is needed is away; retry with the same key.",
}

PROBLEMS: dict[int, ResponseSpec] = {
    # Litestar's enum has no problem+json; it takes any string all the same.
    status: ResponseSpec(
        ProblemDetails, description=text, media_type=cast("MediaType", PROBLEM_JSON), generate_examples=False
    )
    for status, text in DESCRIPTIONS.items()
}


def problem(request: Request[Any, Any, Any], status: int, title: str, detail: str, **more: Any) -> Response[bytes]:
    slug = title.lower().replace(" ", "-")
    body = ProblemDetails(f"/problems/{slug}", title, status, detail, request.url.path, **more)
    return Response(msgspec.json.encode(body), status_code=status, media_type=PROBLEM_JSON)


def on_domain_error(request: Request[Any, Any, Any], error: errors.DomainError) -> Response[bytes]:
    status = next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)
    more: dict[str, Any] = {}
    if error.problems:
        more["errors"] = [ProblemPart(p.pointer, p.detail) for p in error.problems]
    if isinstance(error, errors.StaleVersion):
        more |= {"current_version": error.current_version, "missed_events": list(error.missed_events)}
    return problem(request, status, error.title, error.detail, **more)


def on_validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[bytes]:
    # Litestar types it as anything; of a body it is a list of {message, key, source}.
    extra = cast("list[dict[str, Any]]", error.extra if isinstance(error.extra, list) else [])
    parts = [
        ProblemPart(f"/{str(part.get('key', '')).replace('.', '/')}", str(part.get("message", ""))) for part in extra
    ]
    detail = "; ".join(f"{p.pointer}: {p.detail}" for p in parts) or error.detail
    return problem(request, 400, "Invalid input", detail, errors=parts or None)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    titles = {404: "Not found", 405: "Method not allowed", 413: "Too large"}
    response = problem(request, error.status_code, titles.get(error.status_code, "Invalid input"), error.detail)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def on_database_away(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    log.warning("database away: %s", error)
    return problem(
        request, 503, "Temporarily unavailable", "The database is away for a moment; retry with the same key."
    )


def on_value_too_odd(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A value that msgspec admits and PostgreSQL cannot hold; reaching here means a boundary check is missing."""
    log.error("a value reached the database that it cannot hold: %s", error)
    return problem(request, 400, "Invalid input", "A value in the request cannot be stored.")


def on_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    log.exception("unexpected error on %s %s", request.method, request.url.path, exc_info=error)
    return problem(request, 500, "Server error", "Something broke on our side; nothing was stored by this request.")


EXCEPTION_HANDLERS: dict[Any, Any] = {
    errors.DomainError: on_domain_error,
    ValidationException: on_validation,
    HTTPException: on_http_error,
    asyncpg.DataError: on_value_too_odd,
    **dict.fromkeys((*DATABASE_AWAY, asyncpg.QueryCanceledError), on_database_away),
    Exception: on_unexpected,
}
