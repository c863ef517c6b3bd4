"""The log of a project over HTTP: the same events, and the same types, as the feed."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from adapters.codec import EVENT_COLUMNS
from adapters.feed import EventView, event_view
from api.paging import Limit
from api.projects import read_project
from api.routing import get
from api.services import Services


class EventPage(msgspec.Struct):
    epoch: int
    head: int
    items: list[EventView]
    next: int | None
    """Give it as `after` to go on; None at the end."""


@get("/api/projects/{project_id:uuid}/events", "list_events")
async def list_events(
    services: NamedDependency[Services],
    project_id: FromPath[UUID],
    after: Annotated[int, QueryParameter(ge=0, le=2**62)] = 0,
    limit: Limit = 100,
) -> EventPage:
    await read_project(services, project_id)
    head = await services.store.head()
    rows = await services.pool.fetch(
        f"SELECT {EVENT_COLUMNS} FROM events WHERE project_id = $1 AND position > $2 ORDER BY position LIMIT $3",
        project_id,
        after,
        limit,
    )
    items = [event_view(row) for row in rows]
    return EventPage(head.epoch, head.position, items, items[-1].position if len(items) == limit else None)


routes = [list_events]
