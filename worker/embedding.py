"""Brings a project's vectors up to date: what is missing is embedded, then groups and map are made anew."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np

from adapters import embedding_rows
from adapters.embedding_rows import EmbeddingSpace, NewVector, PictureToEmbed, PlacedImage
from domain.errors import InvalidInput, NotReady
from domain.ports import Embedder
from worker.context import TaskContext
from worker.embedders import load_embedder
from worker.embedders.pictures import open_oriented
from worker.embedding_map import embedding_map
from worker.local_pictures import fetch_pictures
from worker.near_duplicates import HASH_SIDE, dhash_256, near_duplicate_groups
from worker.scheme import resolved_device
from worker.vectors import read_vectors

PICTURES_AT_ONCE = 256
NAMED_AT_MOST = 20
EMBEDDING_SHARE = 0.9
"""Of the progress; groups and map are the rest."""


class Embedded(msgspec.Struct, frozen=True):
    embedder: str
    dim: int
    embedded: int
    unreadable: int
    unreadable_files: tuple[str, ...]
    """The first 20."""
    near_duplicates: int
    """Images that show nearly the same as an earlier one."""
    notice: str | None


async def embed_missing(context: TaskContext, share: float = 1.0) -> Embedded:
    """`share` of the job's progress is this. Vectors of another embedder are dropped once this one's are complete.

    Raises NotReady when only the fallback can be loaded and another embedder's vectors are there: they stay.
    """
    context.report(0.0, "Loading the embedder")
    settings = context.settings
    device = await asyncio.to_thread(resolved_device, settings.device)
    embedder = await asyncio.to_thread(load_embedder, settings.embedder, settings.weights_dir, device)
    if embedder.notice:
        context.report(0.0, embedder.notice, log=embedder.notice)
        before = await embedding_rows.fetch_space(context.pool, context.project_id)
        if before is not None and before.embedder != embedder.name:
            raise NotReady(f"The pictures were embedded with {before.embedder}, which stays. {embedder.notice}")
    total = await embedding_rows.count_missing(context.pool, context.project_id, embedder.name)
    done = 0
    unreadable: list[str] = []
    fetching = asyncio.create_task(_fetch_chunk(context, embedder, None))
    while chunk := await fetching:
        fetching = asyncio.create_task(_fetch_chunk(context, embedder, chunk[-1][0].image_id))
        vectors, refused = await _vectors_of(embedder, chunk)
        await embedding_rows.store_vectors(context.pool, context.project_id, embedder.name, embedder.dim, vectors)
        unreadable += refused
        done += len(chunk)
        for _, path in chunk:
            path.unlink(missing_ok=True)
        part = EMBEDDING_SHARE * done / max(done, total)
        context.report(share * part, f"{done} of {max(done, total)} pictures embedded with {embedder.name}")
    if done > len(unreadable):
        await embedding_rows.drop_other_spaces(context.pool, context.project_id, embedder.name)
    duplicates = await _place(context, embedder.name, share)
    return Embedded(
        embedder=embedder.name,
        dim=embedder.dim,
        embedded=done - len(unreadable),
        unreadable=len(unreadable),
        unreadable_files=tuple(unreadable[:NAMED_AT_MOST]),
        near_duplicates=duplicates,
        notice=embedder.notice,
    )


async def _fetch_chunk(
    context: TaskContext, embedder: Embedder, after: UUID | None
) -> list[tuple[PictureToEmbed, Path]]:
    """The next pictures and their files; [] at the end. A file that is gone has a path where nothing lies."""
    pictures = await embedding_rows.pictures_to_embed(
        context.pool, context.project_id, embedder.name, after, PICTURES_AT_ONCE
    )
    folder = context.work_dir / "embedding"
    try:
        paths = await fetch_pictures(context.blobs, pictures, folder)
    except NotReady:
        paths = {}
        for picture in pictures:
            try:
                paths |= await fetch_pictures(context.blobs, [picture], folder)
            except NotReady:
                paths[picture.image_id] = folder / "gone"
    return [(picture, paths[picture.image_id]) for picture in pictures]


async def _vectors_of(
    embedder: Embedder, chunk: list[tuple[PictureToEmbed, Path]]
) -> tuple[list[NewVector], list[str]]:
    """Vectors, and the names of files that cannot be decoded: one of them must not stop all others."""
    paths = [path for _, path in chunk]
    try:
        vectors, hashes = await asyncio.gather(
            asyncio.to_thread(embedder.embed_images, paths), asyncio.to_thread(_hashes, paths)
        )
    except InvalidInput:
        if len(chunk) == 1:
            return [], [chunk[0][0].file_name]
        halves = len(chunk) // 2
        left, right = await _vectors_of(embedder, chunk[:halves]), await _vectors_of(embedder, chunk[halves:])
        return [*left[0], *right[0]], [*left[1], *right[1]]
    return [
        NewVector(picture.image_id, np.asarray(vector, np.float32).astype(np.float16).tobytes(), dhash)
        for (picture, _), vector, dhash in zip(chunk, vectors, hashes, strict=True)
    ], []


def _hashes(paths: list[Path]) -> list[bytes]:
    with ThreadPoolExecutor(2, thread_name_prefix="hash") as pool:
        return list(pool.map(lambda path: dhash_256(open_oriented(path, at_least_px=4 * HASH_SIDE)), paths))


async def _place(context: TaskContext, embedder: str, share: float) -> int:
    """Groups and map over all vectors, if any image has no place yet; how many images repeat an earlier one."""
    space = await embedding_rows.fetch_space(context.pool, context.project_id)
    if space is None or space.embedder != embedder:
        return 0
    if await embedding_rows.count_unplaced(context.pool, context.project_id, embedder):
        await _place_all(context, space, share)
    return await context.pool.fetchval(
        "SELECT count(near_duplicate_group) - count(DISTINCT near_duplicate_group) FROM embeddings "
        "WHERE project_id = $1 AND embedder = $2",
        context.project_id,
        embedder,
    )


async def _place_all(context: TaskContext, space: EmbeddingSpace, share: float) -> None:
    context.report(share * EMBEDDING_SHARE, "Looking for near-duplicates")
    vectors = await read_vectors(context.pool, context.project_id, space)
    groups = await asyncio.to_thread(near_duplicate_groups, vectors.digests, vectors.hashes, vectors.matrix)
    context.report(share * (EMBEDDING_SHARE + 0.05), "Drawing the map")
    plane = await asyncio.to_thread(embedding_map, vectors.matrix)
    shared = np.bincount(groups, minlength=len(groups))[groups] > 1
    placed = [
        PlacedImage(image_id, float(x), float(y), vectors.ids[group] if several else None)
        for image_id, (x, y), group, several in zip(vectors.ids, plane, groups.tolist(), shared.tolist(), strict=True)
    ]
    await embedding_rows.place_images(context.pool, space.embedder, placed)
