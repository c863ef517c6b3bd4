"""Searches: asked by the API, answered by the searcher, forgotten after a minute."""

from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

CHANNEL = "search"
ANSWERED_WITHIN_S = 10.0
FORGOTTEN_AFTER_S = 60.0


class Query(msgspec.Struct, frozen=True):
    """By text or by image, in the space of `embedder`; at most `limit` answers."""

    embedder: str
    limit: int
    text: str | None = None
    image_id: UUID | None = None


class Search(msgspec.Struct, frozen=True):
    search_id: UUID
    project_id: UUID
    query: Query


class Found(msgspec.Struct, frozen=True):
    image_id: UUID
    score: float
    """Cosine, -1 to 1."""


class Answer(msgspec.Struct, frozen=True):
    found: list[Found] = []
    refusal: str | None = None
    """Why there can be no answer, in words for a person."""


def vector_cache(data_dir: Path, project_id: UUID) -> Path:
    """The folder of a project's vector index, one copy on each machine that answers searches."""
    return data_dir / "cache" / "vectors" / str(project_id)


_answer = msgspec.json.Decoder(Answer)
_query = msgspec.json.Decoder(Query)


async def ask(pool: asyncpg.Pool, search: Search) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO searches (search_id, project_id, query) VALUES ($1, $2, $3)",
            search.search_id,
            search.project_id,
            msgspec.json.encode(search.query),
        )
        await connection.execute("SELECT pg_notify($1, '')", CHANNEL)


async def fetch_answer(pool: asyncpg.Pool, search_id: UUID) -> Answer | None:
    """None while there is none."""
    result = await pool.fetchval("SELECT result FROM searches WHERE search_id = $1", search_id)
    return _answer.decode(result) if result else None


async def waiting_searches(database: Any) -> list[Search]:
    """Those that somebody still waits for, the oldest first."""
    rows = await database.fetch(
        "SELECT search_id, project_id, query FROM searches WHERE result IS NULL "
        "AND created_at > now() - make_interval(secs => $1) ORDER BY created_at",
        ANSWERED_WITHIN_S,
    )
    return [Search(row["search_id"], row["project_id"], _query.decode(row["query"])) for row in rows]


async def answer(pool: asyncpg.Pool, search_id: UUID, given: Answer) -> None:
    await pool.execute(
        "UPDATE searches SET result = $2 WHERE search_id = $1 AND result IS NULL",
        search_id,
        msgspec.json.encode(given),
    )


async def forget_old_searches(pool: asyncpg.Pool) -> None:
    await pool.execute("DELETE FROM searches WHERE created_at < now() - make_interval(secs => $1)", FORGOTTEN_AFTER_S)


async def last_embedding_position(pool: asyncpg.Pool, project_id: UUID) -> int:
    """Log position at which a job that may have changed the project's vectors ended last; 0 before the first."""
    position = await pool.fetchval(
        "SELECT max(position) FROM events WHERE (stream_id, version) IN (SELECT job_id, version FROM jobs "
        "WHERE project_id = $1 AND kind IN ('embed', 'select') AND ended_at IS NOT NULL)",
        project_id,
    )
    return position or 0


async def fetch_vector(pool: asyncpg.Pool, project_id: UUID, image_id: UUID, embedder: str) -> bytes | None:
    """float16 numbers."""
    return await pool.fetchval(
        "SELECT vector FROM embeddings WHERE image_id = $1 AND embedder = $2 AND project_id = $3",
        image_id,
        embedder,
        project_id,
    )


async def present_images(pool: asyncpg.Pool, image_ids: list[UUID]) -> set[UUID]:
    """Those that are neither in the trash nor erased."""
    rows = await pool.fetch(
        "SELECT image_id FROM images WHERE image_id = ANY($1::uuid[]) AND NOT trashed AND NOT erased", image_ids
    )
    return {row["image_id"] for row in rows}
