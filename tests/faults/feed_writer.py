"""Appends what people do, straight to the log: the API under test hears of it as of another process's work."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from adapters.clock import new_id
from adapters.event_store import PostgresEventStore
from domain import events as e
from domain.geometry import Box
from domain.ids import LOCAL_ACTOR
from domain.ports import Append, StreamAppend


class FeedWriter:
    """On one image of a project of its own."""

    def __init__(self, store: PostgresEventStore) -> None:
        self.store = store
        self.project_id = new_id()
        self.image_id = new_id()
        self.category_id = new_id()
        self.boxes: dict[str, Any] = {}
        self.last = 0

    async def begin(self) -> None:
        added = e.CategoryAdded(self.category_id, "cell", "#0072B2", None, 0)
        await self._append(self.project_id, [e.ProjectCreated("feed", "", "detect"), added])
        await self._append(self.image_id, [e.ImageRegistered("a.png", "0" * 64, 640, 480, 10, "image/png")])

    async def draw(self, count: int = 1) -> None:
        drawn = [e.AnnotationDrawn(new_id(), self.category_id, Box(1.5, 2, 30, 40)) for _ in range(count)]
        self.boxes |= {str(one.annotation_id): msgspec.to_builtins(one.geometry) for one in drawn}
        await self._append(self.image_id, drawn)

    async def do_anything(self, chance: random.Random) -> None:
        known = list(self.boxes)
        if not known or chance.random() < 0.5:
            return await self.draw()
        annotation_id = chance.choice(known)
        if chance.random() < 0.5:
            moved = Box(chance.randrange(600), chance.randrange(400), 10, 10.5)
            self.boxes[annotation_id] = msgspec.to_builtins(moved)
            return await self._append(self.image_id, [e.AnnotationReshaped(UUID(annotation_id), moved)])
        del self.boxes[annotation_id]
        return await self._append(self.image_id, [e.AnnotationDeleted(UUID(annotation_id), self.category_id, "human")])

    async def draw_at(self, per_s: int, seconds: float) -> None:
        for _ in range(int(per_s * seconds)):
            await asyncio.gather(self.draw(), asyncio.sleep(1 / per_s))

    async def write_megabytes(self, count: int) -> None:
        for _ in range(count):
            await self._append(self.project_id, [e.ProjectRenamed("feed", "x" * 1_000_000)])

    async def _append(self, stream_id: UUID, events: Sequence[e.Event]) -> None:
        new = [e.NewEvent(new_id(), event) for event in events]
        appended = await self.store.append(Append([StreamAppend(stream_id, None, new)], self.project_id, LOCAL_ACTOR))
        self.last = appended.position
