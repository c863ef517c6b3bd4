"""Registers pictures: inspected, stored by their SHA-256, one `image.registered` each, in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from uuid import UUID

import asyncpg
import msgspec

from adapters.blobs import original_name
from adapters.bulk_append import append_in_bulk
from adapters.clock import new_id
from adapters.pictures import Inspected, RefusedPicture, checked_file_name, inspect
from adapters.safekeeping import kept_from_erasure
from domain.errors import Conflict, Unavailable
from domain.events import Event, ImageRegistered, ImageRestored, NewEvent
from domain.ids import derived_id
from domain.ports import Append, BlobStore, Guard, StreamAppend

STORED_AT_ONCE = 4
Read = Callable[[], Awaitable[bytes]]

_decoders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="decode")
"""Two pictures are decoded at a time: the memory of more is not worth the speed."""


class IncomingImage(msgspec.Struct, frozen=True):
    file_name: str
    read: Read
    """The whole content, each time it is called."""


class RegisteredImage(msgspec.Struct, frozen=True):
    id: UUID
    file_name: str
    width: int
    height: int


class DuplicateImage(msgspec.Struct, frozen=True):
    file_name: str
    image_id: UUID


class RejectedFile(msgspec.Struct, frozen=True):
    file_name: str
    reason: str


class Ingested(msgspec.Struct):
    registered: list[RegisteredImage]
    duplicates: list[DuplicateImage]
    rejected: list[RejectedFile]
    position: int | None = None
    """Of the last event appended."""


def image_id_for(project_id: UUID, digest: str, generation: int = 0) -> UUID:
    """The same bytes are the same image of a project, however often they are sent; after an erasure a new one."""
    return derived_id(project_id, digest if generation == 0 else f"{digest} {generation}")


async def register_images(
    pool: asyncpg.Pool,
    blobs: BlobStore,
    project_id: UUID,
    actor_id: UUID,
    incoming: Sequence[IncomingImage],
    *,
    guards: Sequence[Guard] = (),
    command_id: UUID | None = None,
) -> Ingested:
    """Register what can be; say why of the rest. A picture that lies in the trash comes back.

    Raises Unavailable when a blob cannot be stored: then nothing of this call is registered.
    """
    outcome = Ingested([], [], [])
    accepted: dict[str, tuple[IncomingImage, Inspected]] = {}
    for file, inspected in zip(incoming, await _all_stored(blobs, incoming), strict=True):
        if isinstance(inspected, RejectedFile):
            outcome.rejected.append(inspected)
        elif inspected.digest in accepted:
            outcome.duplicates.append(DuplicateImage(file.file_name, image_id_for(project_id, inspected.digest)))
        else:
            accepted[inspected.digest] = (file, inspected)
    known = await _known_images(pool, project_id, list(accepted))
    planned: list[tuple[Append, RegisteredImage]] = []
    for digest, (file, inspected) in accepted.items():
        file_name, image = file.file_name, known.get(digest)
        if image is not None and not image["trashed"]:
            outcome.duplicates.append(DuplicateImage(file_name, image["image_id"]))
            continue
        image_id = image["image_id"] if image else await _free_image_id(pool, project_id, digest)
        event: Event = ImageRestored() if image else _registration(file_name, inspected)
        stream = StreamAppend(image_id, image["version"] if image else 0, [NewEvent(new_id(), event)])
        append = Append([stream], project_id, actor_id, guards, command_id)
        planned.append((append, RegisteredImage(image_id, file_name, inspected.width, inspected.height)))
    if planned:
        async with kept_from_erasure(pool, accepted) as connection:
            # Since they were stored, an erasure of the same pictures may have passed.
            for digest, (file, _) in accepted.items():
                if await blobs.size(original_name(digest)) is None:
                    await blobs.put(original_name(digest), await file.read())
            answers = await append_in_bulk(connection, [append for append, _ in planned])
        for (_, image), answer in zip(planned, answers, strict=True):
            if answer.status == "ok":
                outcome.registered.append(image)
                outcome.position = answer.position
            elif answer.stream_id != image.id:
                raise Conflict("The job that was registering these pictures has lost its lease or was cancelled.")
            else:
                # Somebody else registered the same picture a moment ago.
                outcome.duplicates.append(DuplicateImage(image.file_name, image.id))
    return outcome


def _registration(file_name: str, inspected: Inspected) -> ImageRegistered:
    return ImageRegistered(
        file_name,
        inspected.digest,
        inspected.width,
        inspected.height,
        inspected.byte_size,
        inspected.media_type,
        inspected.orientation,
    )


async def _free_image_id(pool: asyncpg.Pool, project_id: UUID, digest: str) -> UUID:
    # An erased image keeps its stream for ever; only then is the first id taken without a live image behind it.
    for generation in count():
        image_id = image_id_for(project_id, digest, generation)
        if not await pool.fetchval("SELECT erased FROM images WHERE image_id = $1", image_id):
            return image_id
    raise AssertionError("count() never ends")


async def _all_stored(blobs: BlobStore, incoming: Sequence[IncomingImage]) -> list[Inspected | RejectedFile]:
    # Each waits for the disk: a few do so at once, and no more, for each is in memory meanwhile.
    slots = asyncio.Semaphore(STORED_AT_ONCE)

    async def store(file: IncomingImage) -> Inspected | RejectedFile:
        async with slots:
            return await _stored(blobs, file)

    try:
        async with asyncio.TaskGroup() as storing:
            tasks = [storing.create_task(store(file)) for file in incoming]
    except* Unavailable as failed:
        # The first one says it all, in the words that the edge knows.
        first = failed.exceptions[0]
    else:
        return [task.result() for task in tasks]
    raise first


async def _stored(blobs: BlobStore, file: IncomingImage) -> Inspected | RejectedFile:
    try:
        name = checked_file_name(file.file_name)
        content = await file.read()
        inspected = await asyncio.get_running_loop().run_in_executor(_decoders, inspect, name, content)
    except RefusedPicture as refused:
        return RejectedFile(file.file_name[:500], str(refused))
    await blobs.put(original_name(inspected.digest), content)
    return inspected


async def _known_images(pool: asyncpg.Pool, project_id: UUID, digests: list[str]) -> dict[str, asyncpg.Record]:
    rows = await pool.fetch(
        "SELECT digest, image_id, trashed, version FROM images "
        "WHERE project_id = $1 AND digest = ANY($2) AND NOT erased",
        project_id,
        digests,
    )
    return {row["digest"]: row for row in rows}
