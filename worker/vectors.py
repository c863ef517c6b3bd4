"""A project's vectors in memory, rows in the order of their image ids."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg
import numpy as np

from adapters.database import Connection
from adapters.embedding_rows import EmbeddingSpace, vector_pages


@dataclass(frozen=True)
class Vectors:
    ids: list[UUID]
    digests: list[str]
    hashes: np.ndarray
    """uint8 (n, 32), see near_duplicates.dhash_256."""
    matrix: np.ndarray
    """float16 (n, dim), unit rows."""


async def read_vectors(database: asyncpg.Pool | Connection, project_id: UUID, space: EmbeddingSpace) -> Vectors:
    """All of the space outside the trash: n * dim * 2 bytes."""
    ids: list[UUID] = []
    digests: list[str] = []
    hashes: list[bytes] = []
    matrix = np.empty((space.count, space.dim), np.float16)
    async for rows in vector_pages(database, project_id, space.embedder):
        first = len(ids)
        if first + len(rows) > len(matrix):
            # Embedded since the space was counted.
            matrix = np.concatenate([matrix, np.empty((len(rows), space.dim), np.float16)])
        for place, row in enumerate(rows, first):
            matrix[place] = np.frombuffer(row["vector"], np.float16)
        ids += [row["image_id"] for row in rows]
        digests += [row["digest"] for row in rows]
        hashes += [row["dhash"] for row in rows]
    bits = np.frombuffer(b"".join(hashes), np.uint8).reshape(len(ids), -1)
    return Vectors(ids, digests, bits, matrix[: len(ids)])
