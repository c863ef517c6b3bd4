"""The review queue: which picture a person should look at next, by what the current run says about it."""

import base64
from typing import Any
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from adapters import prediction_rows, training_rows
from adapters.prediction_rows import QueueOrder
from api.images import Image, image_view
from api.paging import After, Limit, page_of
from api.projects import require_project
from api.routing import get
from api.services import Services
from api.training_runs import read_run
from domain.errors import InvalidInput, NotFound, Problem


class QueuedImage(msgspec.Struct):
    image: Image
    value: float
    """What the order sorts by, bigger first: expected corrections per second, uncertainty, disagreement 0 to 1,
    1 - label quality, or the boxes that similar labelled pictures have."""
    details: dict[str, Any]


class ReviewQueue(msgspec.Struct):
    run_id: UUID | None
    """Whose opinion this is; None and an empty list before the first run has predicted."""
    order: QueueOrder
    items: list[QueuedImage]
    next: str | None


@get("/api/projects/{project_id:uuid}/review-queue", "get_review_queue")
async def get_review_queue(
    services: NamedDependency[Services],
    project_id: FromPath[UUID],
    order: FromQuery[QueueOrder] = "expected_corrections",
    run_id: FromQuery[UUID | None] = None,
    limit: Limit = 100,
    after: After = None,
) -> ReviewQueue:
    """Unfinished pictures by expected corrections per second, uncertainty or probable misses; finished ones by
    disagreement with the run, or by how probably a label is wrong."""
    await require_project(services, project_id)
    if run_id is not None and (await read_run(services, run_id)).project_id != project_id:
        raise NotFound("There is no such training run in this project.")
    key = _decoded(after)
    chosen = run_id or await _run_for(services, project_id, order)
    if chosen is None:
        return ReviewQueue(None, order, [], None)
    rows = await prediction_rows.review_queue(services.pool, project_id, chosen, order, after=key, limit=limit + 1)
    items = [QueuedImage(image_view(row), row["value"], msgspec.json.decode(row["details"])) for row in rows]
    page = page_of(items, limit, [_encoded(row) for row in rows])
    return ReviewQueue(chosen, order, page.items, page.next)


async def _run_for(services: Services, project_id: UUID, order: QueueOrder) -> UUID | None:
    """Finished pictures are judged by the current run; for the others it is the one that has looked at them."""
    if order not in ("disagreement", "label_errors"):
        predicting = await training_rows.predicting_run(services.pool, project_id)
        if predicting is not None:
            return predicting.run_id
    return await training_rows.current_run(services.pool, project_id)


def _encoded(row: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([row["value"], row["image_id"]])).decode()


def _decoded(after: str | None) -> tuple[float, UUID] | None:
    if after is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(after.encode()), type=tuple[float, UUID])
    except (ValueError, msgspec.DecodeError) as wrong:
        raise InvalidInput("/after: not a cursor of this list.", [Problem("/after", "not a cursor")]) from wrong


routes = [get_review_queue]
