"""A project as it stood at a log position: its categories, its images and every annotation, whatever came later.

An image that nothing touched since is read from the read model; one that changed is folded from its own stream up to
the position. So the present costs two queries, the past costs what has changed since, and both give the same bytes.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import msgspec

from adapters.codec import EVENT_COLUMNS, decode_record
from adapters.database import Connection
from adapters.read_model import hold_read_models
from domain import image, project
from domain.errors import NotFound
from domain.events import ImageReviewState, QueryBatchSelected, Source
from domain.geometry import Geometry
from domain.image import ImageState
from domain.project import ProjectState

IMAGES_AT_ONCE = 2_000

# Everything that changes an image's own stream; the streams of projects, jobs and runs carry other types.
IMAGE_EVENTS = "(e.type LIKE 'image.%' OR e.type LIKE 'annotation%' OR e.type LIKE 'prediction%')"

_geometry = msgspec.json.Decoder(Geometry)


class SnapshotAnnotation(msgspec.Struct, frozen=True):
    annotation_id: UUID
    category_id: UUID
    """As it counted at the position: merged and reassigned categories are resolved."""
    geometry: Geometry
    source: Source
    confidence: float | None


class SnapshotImage(msgspec.Struct, frozen=True):
    image_id: UUID
    file_name: str
    digest: str
    width: int
    height: int
    state: ImageReviewState
    version: int
    annotations: tuple[SnapshotAnnotation, ...]
    """By id; those whose category was removed outright are left out."""


class Snapshot(msgspec.Struct, frozen=True):
    position: int
    project: ProjectState
    images: list[SnapshotImage]


@asynccontextmanager
async def steady_connection(pool: asyncpg.Pool) -> AsyncGenerator[Connection, None]:
    """A connection that sees one state of the database, for as long as it takes."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("SET LOCAL transaction_timeout = 0")
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await hold_read_models(connection)
        yield connection


async def read_snapshot(
    pool: asyncpg.Pool, project_id: UUID, position: int, states: Collection[ImageReviewState] | None = None
) -> Snapshot:
    """The project at `position`; images in upload order, only those in one of `states`.

    None from the trash of then, and none that was erased since.
    """
    async with steady_connection(pool) as connection:
        state = await project_at(connection, project_id, position)
        batches = snapshot_batches(connection, state, position, states)
        return Snapshot(position, state, [one async for batch in batches for one in batch])


async def project_at(connection: Connection, project_id: UUID, position: int) -> ProjectState:
    """Raises NotFound when it did not exist yet."""
    rows = await connection.fetch(
        f"SELECT {EVENT_COLUMNS} FROM events WHERE stream_id = $1 AND position <= $2 ORDER BY version",
        project_id,
        position,
    )
    state = ProjectState(project_id)
    for recorded in map(decode_record, rows):
        state = project.evolve(state, recorded.version, recorded.actor_id, recorded.event)
    if state.version == 0:
        raise NotFound("There was no such project at that position.")
    return state


async def audit_images_at(connection: Connection, project_id: UUID, position: int) -> frozenset[UUID]:
    """Images that a query batch had drawn at random by then, to measure and not to choose by."""
    rows = await connection.fetch(
        f"SELECT {EVENT_COLUMNS} FROM events "
        "WHERE project_id = $1 AND position <= $2 AND type = 'query_batch.selected'",
        project_id,
        position,
    )
    selected = [decode_record(row).event for row in rows]
    return frozenset(
        pick.image_id
        for event in selected
        if isinstance(event, QueryBatchSelected)
        for pick in event.picks
        if pick.audit
    )


async def snapshot_batches(
    connection: Connection,
    state: ProjectState,
    position: int,
    states: Collection[ImageReviewState] | None = None,
    *,
    from_log_only: bool = False,
) -> AsyncIterator[list[SnapshotImage]]:
    """The same as lists of at most IMAGES_AT_ONCE: memory does not grow with the project.

    `connection` must see one state throughout (`steady_connection`). `from_log_only` never trusts the read model.
    """
    project_id = state.project_id
    changed = {
        row["stream_id"]
        for row in await connection.fetch(
            f"SELECT DISTINCT e.stream_id FROM events e WHERE e.project_id = $1 AND e.position > $2 AND {IMAGE_EVENTS}",
            project_id,
            position,
        )
    }
    after = 0
    while rows := await connection.fetch(
        "SELECT image_id, position, file_name, digest, width, height, state, trashed, version FROM images "
        # What is erased was never here, whatever the position: its name and its bytes are gone.
        "WHERE project_id = $1 AND position > $2 AND position <= $3 AND NOT erased ORDER BY position LIMIT $4",
        project_id,
        after,
        position,
        IMAGES_AT_ONCE,
    ):
        after = rows[-1]["position"]
        replayed = [row["image_id"] for row in rows if from_log_only or row["image_id"] in changed]
        folded = await _folded(connection, replayed, position, state)
        current = [
            row
            for row in rows
            if row["image_id"] not in folded and not row["trashed"] and (states is None or row["state"] in states)
        ]
        annotations = await _current_annotations(connection, [row["image_id"] for row in current], state)
        for row in current:
            folded[row["image_id"]] = SnapshotImage(
                row["image_id"],
                row["file_name"],
                row["digest"],
                row["width"],
                row["height"],
                row["state"],
                row["version"],
                tuple(annotations.get(row["image_id"], ())),
            )
        present = (folded.get(row["image_id"]) for row in rows)
        yield [one for one in present if one is not None and (states is None or one.state in states)]


async def _current_annotations(
    connection: Connection, image_ids: list[UUID], state: ProjectState
) -> dict[UUID, list[SnapshotAnnotation]]:
    rows = await connection.fetch(
        "SELECT image_id, annotation_id, category_id, geometry, source, confidence FROM annotations "
        "WHERE image_id = ANY($1::uuid[]) ORDER BY annotation_id",
        image_ids,
    )
    resolved = {category_id: state.resolved(category_id) for category_id in state.categories}
    found: dict[UUID, list[SnapshotAnnotation]] = {}
    for image_id, annotation_id, raw, geometry, source, confidence in rows:
        if (category_id := resolved[raw]) is not None:
            one = SnapshotAnnotation(annotation_id, category_id, _geometry.decode(geometry), source, confidence)
            found.setdefault(image_id, []).append(one)
    return found


async def _folded(
    connection: Connection, image_ids: list[UUID], position: int, project_state: ProjectState
) -> dict[UUID, SnapshotImage | None]:
    """The images as their streams tell them up to `position`; None for one that lay in the trash or was erased."""
    rows = await connection.fetch(
        f"SELECT {EVENT_COLUMNS} FROM events WHERE stream_id = ANY($1::uuid[]) AND position <= $2 "
        "ORDER BY stream_id, version",
        image_ids,
        position,
    )
    states = {image_id: ImageState(image_id) for image_id in image_ids}
    for recorded in map(decode_record, rows):
        before = states[recorded.stream_id]
        states[recorded.stream_id] = image.evolve(before, recorded.version, recorded.actor_id, recorded.event)
    return {image_id: _as_snapshot(folded, project_state) for image_id, folded in states.items()}


def _as_snapshot(folded: ImageState, project_state: ProjectState) -> SnapshotImage | None:
    if folded.version == 0 or folded.trashed or folded.erased:
        return None
    annotations = [
        SnapshotAnnotation(annotation_id, category_id, one.geometry, one.source, one.confidence)
        for annotation_id, one in sorted(folded.annotations.items())
        if (category_id := project_state.resolved(one.category_id)) is not None
    ]
    return SnapshotImage(
        folded.image_id,
        folded.file_name,
        folded.digest,
        folded.width,
        folded.height,
        folded.state,
        folded.version,
        tuple(annotations),
    )
