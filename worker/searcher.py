"""`python -m worker.searcher`: answers searches while people wait.

A process of its own beside the jobs, so that it never waits behind training. One searcher answers for the whole
platform: an advisory lock picks it, and the next one takes over when it ends. The model that reads texts is loaded
for the first text and given back, with this process, when nobody has asked for a while.
"""

import asyncio
import contextlib
import sys
import time
from collections import OrderedDict
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
import numpy as np

from adapters import search_rows
from adapters.database import DATABASE_AWAY, connected, open_pool
from adapters.embedding_rows import EmbeddingSpace, fetch_space
from adapters.search_rows import CHANNEL, Answer, Found, Search
from adapters.settings import Settings, load_settings
from domain.errors import DomainError
from domain.ports import Embedder
from worker.parent import die_with
from worker.vector_index import Stamp, VectorIndex
from worker.vectors import read_vectors

SEARCHER_LOCK = 0x7365_6172
LOOK_EVERY_S = 1.0
"""A lost NOTIFY costs no more than this."""
PARTIAL_FOR_S = 10.0
"""How long an index stands while the first embedding is still running."""
INDEXES_KEPT = 8
MODEL_IDLE_S = 900.0
TRASH_ALLOWANCE = 50
"""Neighbours asked for beyond the wanted ones: some may have gone to the trash since."""


class _Kept(msgspec.Struct):
    index: VectorIndex
    stamp: Stamp
    built: float


class Searcher:
    def __init__(self, settings: Settings, pool: asyncpg.Pool) -> None:
        self._settings = settings
        self._pool = pool
        self._indexes: OrderedDict[UUID, _Kept] = OrderedDict()
        self._building = asyncio.Lock()
        self._embedder: asyncio.Task[Embedder] | None = None
        self._text_asked = time.monotonic()
        self._answering: dict[UUID, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Until the text model has been idle for so long that its memory is worth more than the next start."""
        async with connected(self._settings.database_url) as connection:
            await connection.execute("SELECT pg_advisory_lock($1)", SEARCHER_LOCK)
            asked = asyncio.Event()
            connection.add_termination_listener(lambda _connection: asked.set())
            await connection.add_listener(CHANNEL, lambda *_: asked.set())
            while self._embedder is None or time.monotonic() - self._text_asked < MODEL_IDLE_S:
                asked.clear()
                for search in await search_rows.waiting_searches(connection):
                    if search.search_id not in self._answering:
                        task = asyncio.create_task(self._answer(search))
                        self._answering[search.search_id] = task
                        task.add_done_callback(lambda _, done=search.search_id: self._answering.pop(done))
                await search_rows.forget_old_searches(self._pool)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asked.wait(), LOOK_EVERY_S)

    async def _answer(self, search: Search) -> None:
        try:
            given = Answer(await self._found(search))
        except DomainError as refusal:
            given = Answer(refusal=refusal.detail)
        await search_rows.answer(self._pool, search.search_id, given)

    async def _found(self, search: Search) -> list[Found]:
        query = search.query
        if query.text is not None:
            vector = await self._text_vector(query.text, query.embedder)
        else:
            assert query.image_id is not None
            stored = await search_rows.fetch_vector(self._pool, search.project_id, query.image_id, query.embedder)
            if stored is None:
                raise DomainError("The image has no vector any more.")
            vector = np.frombuffer(stored, np.float16)
        index = await self._index(search.project_id)
        wanted = query.limit + TRASH_ALLOWANCE
        nearest = await asyncio.to_thread(index.search, vector, wanted, [query.image_id] if query.image_id else [])
        present = await search_rows.present_images(self._pool, [image_id for image_id, _ in nearest])
        return [Found(image_id, score) for image_id, score in nearest if image_id in present][: query.limit]

    async def _text_vector(self, text: str, space: str) -> np.ndarray:
        self._text_asked = time.monotonic()
        if self._embedder is None:
            self._embedder = asyncio.create_task(asyncio.to_thread(self._load_embedder))
        try:
            embedder = await asyncio.shield(self._embedder)
        except DomainError:
            self._embedder = None
            raise
        if embedder.name != space:
            raise DomainError(
                f"The pictures were embedded with {space}, which cannot be loaded now. {embedder.notice or ''}".strip()
            )
        vector = await asyncio.to_thread(embedder.embed_text, text)
        if vector is None:
            raise DomainError(f"{embedder.name} knows no text; search by image, or embed with a CLIP model.")
        return np.asarray(vector, np.float32)

    def _load_embedder(self) -> Embedder:
        # Seconds and hundreds of MB that search by image does without. The GPU is left to the jobs.
        from worker.embedders import load_embedder

        return load_embedder(self._settings.embedder, self._settings.weights_dir, "cpu")

    async def _index(self, project_id: UUID) -> VectorIndex:
        """The project's index: as kept, else from disk, else built from PostgreSQL, one at a time."""
        async with self._building:
            position = await search_rows.last_embedding_position(self._pool, project_id)
            kept = self._indexes.get(project_id)
            if (
                kept is None
                or kept.stamp.position != position
                or (position == 0 and time.monotonic() - kept.built > PARTIAL_FOR_S)
            ):
                kept = await self._build(project_id, position)
                self._indexes[project_id] = kept
            self._indexes.move_to_end(project_id)
            while len(self._indexes) > INDEXES_KEPT:
                self._indexes.popitem(last=False)
            return kept.index

    async def _build(self, project_id: UUID, position: int) -> _Kept:
        space = await fetch_space(self._pool, project_id) or EmbeddingSpace("", 1, 0)
        stamp = Stamp(space.embedder, space.dim, space.count, position)
        folder = search_rows.vector_cache(self._settings.data_dir, project_id)
        index = await asyncio.to_thread(VectorIndex.load, folder, stamp)
        if index is None:
            vectors = await read_vectors(self._pool, project_id, space)
            index = await asyncio.to_thread(VectorIndex, vectors.ids, vectors.matrix)
            await asyncio.to_thread(_save, index, folder, msgspec.structs.replace(stamp, count=len(index)))
        return _Kept(index, stamp, time.monotonic())


def _save(index: VectorIndex, folder: Path, stamp: Stamp) -> None:
    # Only a cache: a full or read-only disk costs the next start some time.
    with contextlib.suppress(OSError):
        index.save(folder, stamp)


async def _serve(settings: Settings) -> None:
    while True:
        try:
            pool = await open_pool(settings.database_url, size=3, durable=False)
            try:
                return await Searcher(settings, pool).serve()
            finally:
                pool.terminate()
        except DATABASE_AWAY:
            await asyncio.sleep(1)


def main() -> None:
    die_with(int(sys.stdin.readline()))
    asyncio.run(_serve(load_settings()))


if __name__ == "__main__":
    main()
