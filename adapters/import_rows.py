"""What a project already has of a dataset that is being imported."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec


class KnownImage(msgspec.Struct, frozen=True):
    image_id: UUID
    width: int
    height: int
    version: int
    annotation_count: int


class KnownImages(msgspec.Struct, frozen=True):
    by_digest: dict[str, KnownImage]
    by_name: dict[str, KnownImage]
    """Of several images with one name, the first."""


async def known_images(
    pool: asyncpg.Pool, project_id: UUID, digests: Sequence[str], file_names: Sequence[str]
) -> KnownImages:
    rows = await pool.fetch(
        "SELECT digest, file_name, image_id, width, height, version, annotation_count FROM images "
        "WHERE project_id = $1 AND NOT trashed AND NOT erased "
        "AND (digest = ANY($2::text[]) OR file_name = ANY($3::text[])) "
        "ORDER BY position DESC",
        project_id,
        list(digests),
        list(file_names),
    )
    known = [(digest, name, KnownImage(*rest)) for digest, name, *rest in rows]
    return KnownImages({digest: one for digest, _, one in known}, {name: one for _, name, one in known})


async def already_imported(pool: asyncpg.Pool, event_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these events that an earlier attempt has appended."""
    rows = await pool.fetch("SELECT event_id FROM events WHERE event_id = ANY($1::uuid[])", list(event_ids))
    return {row["event_id"] for row in rows}
