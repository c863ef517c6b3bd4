"""Every event of an image, readable, with its actor and time."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from adapters.codec import EVENT_COLUMNS
from adapters.feed import EventView, event_view
from api.annotations import require_image
from api.routing import get
from api.services import Services


class HistoryEntry(msgspec.Struct):
    event: EventView
    summary: str
    """One readable line."""
    at: datetime


class History(msgspec.Struct):
    items: list[HistoryEntry]


ABOUT_ANNOTATION = (
    "(data ->> 'annotation_id' = $2 OR data -> 'annotation' ->> 'annotation_id' = $2 "
    "OR data -> 'annotations' @> jsonb_build_array(jsonb_build_object('annotation_id', $2)))"
)
"""Drawn, accepted, changed or deleted; brought back; come or gone with many others."""


@get("/api/images/{image_id:uuid}/history", "get_image_history")
async def get_image_history(
    services: NamedDependency[Services],
    image_id: FromPath[UUID],
    annotation_id: Annotated[UUID | None, QueryParameter(description="Only what happened to this one.")] = None,
) -> History:
    await require_image(services, image_id)
    about = f"AND ($2::text IS NULL OR {ABOUT_ANNOTATION})"
    rows = await services.pool.fetch(
        f"SELECT {EVENT_COLUMNS} FROM events WHERE stream_id = $1 {about} ORDER BY version",
        image_id,
        annotation_id and str(annotation_id),
    )
    return History([HistoryEntry(event_view(row), summary_of(row["type"]), row["recorded_at"]) for row in rows])


def summary_of(event_type: str) -> str:
    noun, _, verb = event_type.partition(".")
    return f"{noun.replace('_', ' ').capitalize()} {verb.replace('_', ' ')}"


routes = [get_image_history]
