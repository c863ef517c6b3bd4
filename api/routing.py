"""Litestar's route decorators with what every route of ours says: its problems, and an explicit operation id."""

from typing import Any

from litestar.handlers import delete as litestar_delete
from litestar.handlers import get as litestar_get
from litestar.handlers import patch as litestar_patch
from litestar.handlers import post as litestar_post
from litestar.handlers import put as litestar_put

from api.errors import PROBLEMS

READ_PROBLEMS = {status: PROBLEMS[status] for status in (400, 404, 503)}
WRITE_PROBLEMS = {status: PROBLEMS[status] for status in (400, 404, 409, 413, 422, 503)}


def get(path: str, operation_id: str, **options: Any) -> litestar_get:
    """A read: `operation_id` names it in OpenAPI and in the generated clients. `problems` adds statuses."""
    responses = READ_PROBLEMS | _more(options)
    return litestar_get(path, operation_id=operation_id, responses=responses, **options)


def post(path: str, operation_id: str, **options: Any) -> litestar_post:
    responses = WRITE_PROBLEMS | _more(options)
    return litestar_post(path, operation_id=operation_id, responses=responses, **options)


def put(path: str, operation_id: str, **options: Any) -> litestar_put:
    responses = WRITE_PROBLEMS | _more(options)
    return litestar_put(path, operation_id=operation_id, responses=responses, **options)


def patch(path: str, operation_id: str, **options: Any) -> litestar_patch:
    responses = WRITE_PROBLEMS | _more(options)
    return litestar_patch(path, operation_id=operation_id, responses=responses, **options)


def delete(path: str, operation_id: str, **options: Any) -> litestar_delete:
    responses = WRITE_PROBLEMS | _more(options)
    return litestar_delete(path, operation_id=operation_id, responses=responses, **options)


def _more(options: dict[str, Any]) -> dict[int, Any]:
    extra = {status: PROBLEMS[status] for status in options.pop("problems", ())}
    return extra | options.pop("responses", {})
