"""The feed under stress, over real sockets of a real API process: nobody misses, doubles or holds up anything."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from alembic import command

from adapters.clock import new_id
from adapters.database import connected, open_pool
from adapters.event_store import PostgresEventStore
from adapters.settings import Settings
from domain import events as e
from domain.geometry import Box
from domain.ids import LOCAL_ACTOR
from domain.ports import Append, StreamAppend
from tests.conftest import alembic_config
from tests.faults.feed_api import FeedApi
from tests.faults.feed_client import FeedClient
from tests.faults.profile import LONG

pytestmark = pytest.mark.timeout(600)

SECONDS = 60 if LONG else 3
EVENTS_PER_S = 100


class Writer:
    """Appends what people do, straight to the log: the API under test hears of it as of another process's work."""

    def __init__(self, store: PostgresEventStore) -> None:
        self.store = store
        self.project_id = new_id()
        self.image_id = new_id()
        self.boxes: dict[str, Any] = {}
        self.last = 0

    async def begin(self) -> None:
        await self._append(self.project_id, [e.ProjectCreated("feed", "", "detect")])
        await self._append(self.image_id, [e.ImageRegistered("a.png", "0" * 64, 640, 480, 10, "image/png")])

    async def draw(self, count: int = 1) -> None:
        drawn = [e.AnnotationDrawn(new_id(), self.project_id, Box(1.5, 2, 30, 40)) for _ in range(count)]
        self.boxes |= {str(one.annotation_id): msgspec.to_builtins(one.geometry) for one in drawn}
        await self._append(self.image_id, drawn)

    async def draw_at(self, per_s: int, seconds: float) -> None:
        for _ in range(int(per_s * seconds)):
            await asyncio.gather(self.draw(), asyncio.sleep(1 / per_s))

    async def _append(self, stream_id: UUID, events: list[Any]) -> None:
        new = [e.NewEvent(new_id(), event) for event in events]
        appended = await self.store.append(Append([StreamAppend(stream_id, None, new)], self.project_id, LOCAL_ACTOR))
        self.last = appended.position


@pytest.fixture(scope="module")
def api(settings: Settings) -> Iterator[FeedApi]:
    async def create() -> None:
        async with connected(settings.database_url) as connection:
            await connection.execute("CREATE DATABASE feed")

    asyncio.run(create())
    url = settings.database_url.replace("/autoannotate?", "/feed?")
    command.upgrade(alembic_config(url), "head")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    blobs = (settings.data_dir / "feed").as_uri()
    api = FeedApi(msgspec.structs.replace(settings, given_database_url=url, blob_url=blobs, port=port))
    api.start()
    yield api
    api.stop()


@pytest_asyncio.fixture
async def writer(api: FeedApi) -> AsyncIterator[Writer]:
    pool = await open_pool(api.settings.database_url, size=4)
    store = PostgresEventStore(pool)
    await store.start()
    writer = Writer(store)
    await writer.begin()
    try:
        yield writer
    finally:
        await store.stop()
        await pool.close()


@asynccontextmanager
async def listening(api: FeedApi, writer: Writer, count: int) -> AsyncIterator[list[FeedClient]]:
    head = await writer.store.head()
    clients = [FeedClient(api, writer.project_id, head.epoch, head.position) for _ in range(count)]
    tasks = [asyncio.create_task(client.listen()) for client in clients]
    try:
        async with asyncio.timeout(120):
            while not all(client.connections for client in clients):
                await asyncio.sleep(0.05)
        yield clients
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def assert_all_complete(clients: list[FeedClient], writer: Writer, first: int) -> None:
    """Everyone has heard everything after `first` once and in order, and folds it to what was written."""
    await asyncio.gather(*(client.until(writer.last) for client in clients))
    wanted = list(range(first + 1, writer.last + 1))
    for client in clients:
        assert client.positions == wanted
        assert client.boxes == writer.boxes
        assert client.resyncs == 0


async def test_two_hundred_sockets_hear_a_hundred_events_a_second(api, writer):
    first = writer.last
    async with listening(api, writer, 200) as clients:
        await writer.draw_at(EVENTS_PER_S, SECONDS)
        await assert_all_complete(clients, writer, first)
