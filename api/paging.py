"""Keyset paging: `after` is where the last page ended, so a page costs the same at the end as at the start."""

from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

T = TypeVar("T")

MAX_LIMIT = 500
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="Items per page.")]
After = Annotated[str | None, QueryParameter(max_length=2_000, description="`next` of the page before.")]


class Page(msgspec.Struct, Generic[T]):
    items: list[T]
    next: str | None


def page_of(items: list[T], limit: int, cursors: list[str]) -> Page[T]:
    """`items` and their cursors hold up to `limit` + 1 entries; the extra one only tells that there is more."""
    more = len(items) > limit
    return Page(items[:limit], cursors[limit - 1] if more else None)
