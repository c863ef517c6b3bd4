"""Vectors of pictures: which are missing, storing and reading them, near-duplicate groups and the map.

A space is one embedder's: vectors of different embedders are never compared. A project's space is the one that holds
most of its vectors; once an embedder has finished, the others' are dropped.
"""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import asyncpg
import msgspec

from adapters.database import Connection

ROWS_AT_ONCE = 5_000


class EmbeddingSpace(msgspec.Struct, frozen=True):
    embedder: str
    dim: int
    count: int


class PictureToEmbed(msgspec.Struct, frozen=True):
    image_id: UUID
    digest: str
    file_name: str


class NewVector(msgspec.Struct, frozen=True):
    image_id: UUID
    vector: bytes
    """`dim` float16 numbers, unit length."""
    dhash: bytes


class PlacedImage(msgspec.Struct, frozen=True):
    """Where an image lies on the map, each coordinate -1 to 1, and the near-duplicates it belongs to."""

    image_id: UUID
    x: float
    y: float
    near_duplicate_group: UUID | None


async def fetch_space(database: asyncpg.Pool | Connection, project_id: UUID) -> EmbeddingSpace | None:
    """None while nothing is embedded."""
    row = await database.fetchrow(
        "SELECT embedder, max(dim) AS dim, count(*) AS count FROM embeddings WHERE project_id = $1 "
        "GROUP BY embedder ORDER BY count(*) DESC, embedder LIMIT 1",
        project_id,
    )
    return EmbeddingSpace(*row) if row else None


async def count_missing(database: asyncpg.Pool | Connection, project_id: UUID, embedder: str) -> int:
    missing = await database.fetchval(
        "SELECT count(*) FROM images i WHERE i.project_id = $1 AND NOT i.trashed AND NOT i.erased AND NOT EXISTS "
        "(SELECT FROM embeddings e WHERE e.image_id = i.image_id AND e.embedder = $2)",
        project_id,
        embedder,
    )
    return int(missing or 0)


async def pictures_to_embed(
    pool: asyncpg.Pool, project_id: UUID, embedder: str, after: UUID | None, limit: int
) -> list[PictureToEmbed]:
    """By image id, the trash left out."""
    rows = await pool.fetch(
        "SELECT i.image_id, i.digest, i.file_name FROM images i WHERE i.project_id = $1 AND NOT i.trashed "
        "AND NOT i.erased AND ($3::uuid IS NULL OR i.image_id > $3) AND NOT EXISTS "
        "(SELECT FROM embeddings e WHERE e.image_id = i.image_id AND e.embedder = $2) ORDER BY i.image_id LIMIT $4",
        project_id,
        embedder,
        after,
        limit,
    )
    return [PictureToEmbed(*row) for row in rows]


async def store_vectors(
    pool: asyncpg.Pool, project_id: UUID, embedder: str, dim: int, vectors: Sequence[NewVector]
) -> None:
    """Idempotent, so that a zombie harms nothing; an image erased meanwhile gets no vector."""
    await pool.execute(
        "INSERT INTO embeddings (image_id, embedder, project_id, dim, vector, dhash) "
        "SELECT v.image_id, $2, $1, $3, v.vector, v.dhash "
        "FROM unnest($4::uuid[], $5::bytea[], $6::bytea[]) AS v(image_id, vector, dhash) "
        "JOIN images i ON i.image_id = v.image_id AND i.project_id = $1 AND NOT i.erased FOR SHARE OF i "
        "ON CONFLICT DO NOTHING",
        project_id,
        embedder,
        dim,
        [v.image_id for v in vectors],
        [v.vector for v in vectors],
        [v.dhash for v in vectors],
    )


async def drop_other_spaces(pool: asyncpg.Pool, project_id: UUID, embedder: str) -> None:
    await pool.execute("DELETE FROM embeddings WHERE project_id = $1 AND embedder <> $2", project_id, embedder)


async def vector_pages(
    database: asyncpg.Pool | Connection, project_id: UUID, embedder: str
) -> AsyncIterator[list[asyncpg.Record]]:
    """(image_id, digest, dhash, vector) of every image outside the trash, by image id."""
    after: UUID | None = None
    while True:
        rows = await database.fetch(
            "SELECT e.image_id, i.digest, e.dhash, e.vector FROM embeddings e JOIN images i USING (image_id) "
            "WHERE e.project_id = $1 AND e.embedder = $2 AND NOT i.trashed AND NOT i.erased "
            "AND ($3::uuid IS NULL OR e.image_id > $3) ORDER BY e.image_id LIMIT $4",
            project_id,
            embedder,
            after,
            ROWS_AT_ONCE,
        )
        if rows:
            yield rows
        if len(rows) < ROWS_AT_ONCE:
            return
        after = rows[-1]["image_id"]


async def place_images(pool: asyncpg.Pool, embedder: str, placed: Sequence[PlacedImage]) -> None:
    for start in range(0, len(placed), ROWS_AT_ONCE):
        chunk = placed[start : start + ROWS_AT_ONCE]
        await pool.execute(
            "UPDATE embeddings e SET x = p.x, y = p.y, near_duplicate_group = p.near_duplicate_group "
            "FROM unnest($2::uuid[], $3::real[], $4::real[], $5::uuid[]) AS p(image_id, x, y, near_duplicate_group) "
            "WHERE e.image_id = p.image_id AND e.embedder = $1 AND (e.x, e.y, e.near_duplicate_group) "
            "IS DISTINCT FROM (p.x, p.y, p.near_duplicate_group)",
            embedder,
            [p.image_id for p in chunk],
            [p.x for p in chunk],
            [p.y for p in chunk],
            [p.near_duplicate_group for p in chunk],
        )


async def count_unplaced(pool: asyncpg.Pool, project_id: UUID, embedder: str) -> int:
    return await pool.fetchval(
        "SELECT count(*) FROM embeddings e JOIN images i USING (image_id) WHERE e.project_id = $1 "
        "AND e.embedder = $2 AND e.x IS NULL AND NOT i.trashed",
        project_id,
        embedder,
    )


async def fetch_map(
    pool: asyncpg.Pool, project_id: UUID, embedder: str, after: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """(image_id, x, y, state, audit, near_duplicate_group, raw category_ids) by image id."""
    return await pool.fetch(
        "SELECT e.image_id, e.x, e.y, i.state, i.audit, e.near_duplicate_group, ARRAY(SELECT DISTINCT a.category_id "
        "FROM annotations a WHERE a.image_id = e.image_id ORDER BY a.category_id) AS category_ids "
        "FROM embeddings e JOIN images i USING (image_id) WHERE e.project_id = $1 AND e.embedder = $2 "
        "AND NOT i.trashed AND e.x IS NOT NULL AND ($3::uuid IS NULL OR e.image_id > $3) ORDER BY e.image_id LIMIT $4",
        project_id,
        embedder,
        after,
        limit,
    )


async def fetch_duplicate_groups(
    pool: asyncpg.Pool, project_id: UUID, embedder: str | None, after: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """(group_id, image_ids, exact): images of equal bytes or, where embedded, that show nearly the same."""
    return await pool.fetch(
        "SELECT group_id, array_agg(image_id ORDER BY image_id) AS image_ids, count(DISTINCT digest) = 1 AS exact "
        "FROM ("
        "SELECT i.image_id, i.digest, coalesce(e.near_duplicate_group, "
        "first_value(i.image_id) OVER (PARTITION BY i.digest ORDER BY i.image_id)) AS group_id "
        "FROM images i LEFT JOIN embeddings e ON e.image_id = i.image_id AND e.embedder = $2 "
        "WHERE i.project_id = $1 AND NOT i.trashed AND NOT i.erased) g "
        "WHERE $3::uuid IS NULL OR group_id > $3 GROUP BY group_id HAVING count(*) > 1 ORDER BY group_id LIMIT $4",
        project_id,
        embedder,
        after,
        limit,
    )
