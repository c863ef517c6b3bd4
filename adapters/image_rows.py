"""Reads of images: a page under any filter, one with its neighbours, its annotations and predictions."""

import re
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from adapters.database import Connection
from adapters.project_rows import RESOLVED

IMAGE_COLUMNS = (
    "i.image_id, i.project_id, i.position, i.file_name, i.digest, i.width, i.height, i.byte_size, i.media_type, "
    "i.state, i.trashed, i.audit, "
    "i.annotation_count, i.claimed_by, i.reject_reason, i.query_batch_id, i.version, i.created_at, "
    "i.updated_at, coalesce(ip.prediction_count, 0) AS prediction_count, ip.max_confidence"
)

# Only for the rows of the page: a lateral over the partial index of open predictions.
PREDICTIONS_OF_IMAGE = (
    "LEFT JOIN LATERAL (SELECT count(*)::int AS prediction_count, max(confidence) AS max_confidence FROM predictions p "
    "WHERE p.image_id = i.image_id AND p.state = 'open') ip ON true"
)

THREE_IN_A_ROW = re.compile(r"[^\W_]{3}")

Sort = Literal["oldest", "newest", "name"]


class ImageFilter(msgspec.Struct, frozen=True):
    """Which images of a project; None means any."""

    states: list[str] | None = None
    category_ids: list[UUID] | None = None
    """Raw category ids: the caller adds those that count as the wanted one."""
    source: str | None = None
    q: str | None = None
    min_confidence: float | None = None
    query_batch_id: UUID | None = None
    audit: bool | None = None
    trashed: bool = False
    image_ids: list[UUID] | None = None


class _Where:
    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.values: list[Any] = []

    def add(self, condition: str, *values: Any) -> None:
        """`condition` marks each value with {}."""
        marks = [f"${len(self.values) + n}" for n in range(1, len(values) + 1)]
        self.conditions.append(condition.format(*marks))
        self.values += values

    @property
    def sql(self) -> str:
        return " AND ".join(self.conditions)


def name_pattern(part: str) -> str:
    """For ILIKE: `part` anywhere in a name; without three letters or digits in a row, at its beginning only.

    The trigram index finds nothing in less, and reading a million names takes seconds.
    """
    escaped = part.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%" if THREE_IN_A_ROW.search(part) else f"{escaped}%"


def _where(project_id: UUID, wanted: ImageFilter) -> _Where:
    where = _Where()
    where.add("i.project_id = {}", project_id)
    where.add("i.trashed = {}", wanted.trashed)
    where.add("NOT i.erased")
    if wanted.states:
        where.add("i.state = ANY({}::text[])", wanted.states)
    if wanted.q:
        where.add("i.file_name ILIKE {}", name_pattern(wanted.q))
    if wanted.query_batch_id:
        where.add("i.query_batch_id = {}", wanted.query_batch_id)
    if wanted.audit is not None:
        where.add("i.audit = {}", wanted.audit)
    if wanted.image_ids is not None:
        where.add("i.image_id = ANY({}::uuid[])", wanted.image_ids)
    # The project stands in each of these, though the image implies it: every index begins with it, so that both ways
    # to go are cheap, from the page to the annotations and, for what is rare, from the annotations to the page.
    if wanted.category_ids is not None:
        where.add(
            "EXISTS (SELECT FROM annotations a WHERE a.project_id = {} AND a.image_id = i.image_id "
            "AND a.category_id = ANY({}::uuid[]))",
            project_id,
            wanted.category_ids,
        )
    if wanted.source:
        where.add(
            "EXISTS (SELECT FROM annotations a WHERE a.project_id = {} AND a.image_id = i.image_id AND a.source = {})",
            project_id,
            wanted.source,
        )
    if wanted.min_confidence is not None:
        where.add(
            "EXISTS (SELECT FROM predictions p WHERE p.project_id = {} AND p.image_id = i.image_id "
            "AND p.state = 'open' AND p.confidence >= {})",
            project_id,
            wanted.min_confidence,
        )
    return where


async def fetch_images(
    pool: asyncpg.Pool, project_id: UUID, wanted: ImageFilter, *, sort: Sort, after: list[Any] | None, limit: int
) -> list[asyncpg.Record]:
    """A page after the sort key `after`: [position] or, by name, [file_name, position]."""
    where = _where(project_id, wanted)
    match sort, after:
        case "oldest", [position]:
            where.add("i.position > {}", position)
        case "newest", [position]:
            where.add("i.position < {}", position)
        case "name", [file_name, position]:
            where.add("(i.file_name, i.position) > ({}, {})", file_name, position)
        case _:
            pass  # the first page
    order = {"oldest": "i.position", "newest": "i.position DESC", "name": "i.file_name, i.position"}[sort]
    return await pool.fetch(
        f"SELECT {IMAGE_COLUMNS} FROM (SELECT * FROM images i WHERE {where.sql} ORDER BY {order} "
        f"LIMIT ${len(where.values) + 1}) i {PREDICTIONS_OF_IMAGE} ORDER BY {order}",
        *where.values,
        limit,
    )


async def count_images(pool: asyncpg.Pool, project_id: UUID, wanted: ImageFilter) -> int:
    where = _where(project_id, wanted)
    return await pool.fetchval(f"SELECT count(*) FROM images i WHERE {where.sql}", *where.values)


async def fetch_image(pool: asyncpg.Pool, image_id: UUID) -> asyncpg.Record | None:
    return await pool.fetchrow(
        f"SELECT {IMAGE_COLUMNS} FROM images i {PREDICTIONS_OF_IMAGE} WHERE i.image_id = $1 AND NOT i.erased", image_id
    )


async def fetch_neighbours(
    pool: asyncpg.Pool, project_id: UUID, of: asyncpg.Record, wanted: ImageFilter, sort: Sort
) -> tuple[UUID | None, UUID | None]:
    """The image before and after `of`, in that order, under a filter."""
    lower, upper = [
        await pool.fetchval(f"SELECT image_id FROM images i WHERE {where.sql} ORDER BY {order} LIMIT 1", *where.values)
        for where, order in (_beside(project_id, of, wanted, sort, side) for side in ("<", ">"))
    ]
    return (upper, lower) if sort == "newest" else (lower, upper)


async def count_before(
    pool: asyncpg.Pool, project_id: UUID, of: asyncpg.Record, wanted: ImageFilter, sort: Sort
) -> int:
    """How many images come before `of` in that order, under a filter."""
    where, _ = _beside(project_id, of, wanted, sort, ">" if sort == "newest" else "<")
    return await pool.fetchval(f"SELECT count(*) FROM images i WHERE {where.sql}", *where.values)


def _beside(
    project_id: UUID, of: asyncpg.Record, wanted: ImageFilter, sort: Sort, side: Literal["<", ">"]
) -> tuple[_Where, str]:
    """Images on one side of `of`, and the order in which the nearest is first."""
    where = _where(project_id, wanted)
    way = "DESC" if side == "<" else "ASC"
    if sort == "name":
        where.add(f"(i.file_name, i.position) {side} ({{}}, {{}})", of["file_name"], of["position"])
        return where, f"i.file_name {way}, i.position {way}"
    where.add(f"i.position {side} {{}}", of["position"])
    return where, f"i.position {way}"


async def raw_categories_of(pool: asyncpg.Pool, project_id: UUID, category_id: UUID) -> list[UUID]:
    """Every category that counts as `category_id` today: itself and what was merged into it."""
    rows = await pool.fetch(
        f"SELECT r.category_id FROM ({RESOLVED}) r WHERE r.resolved_id = $2", project_id, category_id
    )
    return [row["category_id"] for row in rows]


async def fetch_annotations(pool: asyncpg.Pool, image_ids: list[UUID]) -> list[asyncpg.Record]:
    return await pool.fetch(
        "SELECT image_id, annotation_id, category_id, geometry, source, confidence, created_by, version, "
        "prediction_id, run_id FROM annotations WHERE image_id = ANY($1::uuid[]) ORDER BY image_id, annotation_id",
        image_ids,
    )


async def fetch_predictions(
    pool: asyncpg.Pool, image_ids: list[UUID], reopening: Sequence[UUID] = ()
) -> list[asyncpg.Record]:
    """Open ones and those that are about to be open again, the surest first."""
    return await pool.fetch(
        "SELECT image_id, prediction_id, run_id, category_id, geometry, confidence FROM predictions "
        "WHERE image_id = ANY($1::uuid[]) AND (state = 'open' OR prediction_id = ANY($2::uuid[])) "
        "ORDER BY image_id, confidence DESC, prediction_id",
        image_ids,
        reopening,
    )


async def any_erased(connection: Connection, image_ids: list[UUID]) -> bool:
    return await connection.fetchval(
        "SELECT EXISTS (SELECT FROM images WHERE image_id = ANY($1::uuid[]) AND erased)", image_ids
    )
