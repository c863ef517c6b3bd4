"""The feed under stress, over real sockets of a real API process: nobody misses, doubles or holds up anything."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
import pytest_asyncio
from alembic import command

from adapters.database import connected, open_pool
from adapters.event_store import PostgresEventStore
from adapters.settings import Settings
from tests.conftest import alembic_config
from tests.deaf_listener import deaf_listener
from tests.faults.feed_api import FeedApi
from tests.faults.feed_client import FeedClient
from tests.faults.feed_writer import FeedWriter
from tests.faults.profile import LONG

pytestmark = pytest.mark.timeout(600)

SECONDS = 60 if LONG else 3
EVENTS_PER_S = 100


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
async def writer(api: FeedApi) -> AsyncIterator[FeedWriter]:
    pool = await open_pool(api.settings.database_url, size=4)
    store = PostgresEventStore(pool)
    await store.start()
    writer = FeedWriter(store)
    await writer.begin()
    try:
        yield writer
    finally:
        await store.stop()
        await pool.close()


@asynccontextmanager
async def listening(clients: Sequence[FeedClient]) -> AsyncIterator[None]:
    """From when all of them are connected."""
    tasks = [asyncio.create_task(client.listen()) for client in clients]
    try:
        await all_connected(clients, 1)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def all_connected(clients: Sequence[FeedClient], times: int) -> None:
    async with asyncio.timeout(120):
        while any(client.connections < times for client in clients):
            await asyncio.sleep(0.05)


async def newcomers(api: FeedApi, writer: FeedWriter, count: int) -> list[FeedClient]:
    """Clients that are to hear what comes from now on."""
    head = await writer.store.head()
    return [FeedClient(api, writer.project_id, head.epoch, head.position) for _ in range(count)]


async def assert_all_complete(clients: Sequence[FeedClient], writer: FeedWriter) -> None:
    """Everyone has heard everything after its cursor once and in order."""
    await asyncio.gather(*(client.until(writer.last) for client in clients))
    for client in clients:
        assert client.positions == list(range(client.first + 1, writer.last + 1))
        assert client.resyncs == 0


async def test_two_hundred_sockets_hear_a_hundred_events_a_second(api, writer):
    clients = await newcomers(api, writer, 200)
    async with listening(clients):
        await writer.draw_at(EVENTS_PER_S, SECONDS)
        await assert_all_complete(clients, writer)
    assert all(client.boxes == writer.boxes for client in clients)


async def test_a_reader_that_never_reads_is_closed_and_holds_up_nobody(api, writer):
    head = await writer.store.head()
    # More than the buffers on the way to it can hold.
    await writer.write_megabytes(12)
    clients = await newcomers(api, writer, 49)
    async with listening(clients):
        path = api.feed_path(writer.project_id, f"{head.epoch}:{head.position}")
        with contextlib.closing(await asyncio.to_thread(deaf_listener, api.url, path)) as deaf:
            port = deaf.getsockname()[1]
            assert api.holds(port)
            async with asyncio.timeout(120):
                while api.holds(port):
                    await writer.draw_at(EVENTS_PER_S, 0.2)
            await writer.draw(20)
            await assert_all_complete(clients, writer)
    assert all(client.boxes == writer.boxes for client in clients)
    assert all(client.connections == 1 for client in clients)


async def test_five_hundred_sockets_come_back_at_once_after_a_restart(api, writer):
    begin = writer.last
    clients = await newcomers(api, writer, 500)
    await writer.draw(len(clients))
    for n, client in enumerate(clients):
        # Each lacks something else.
        client.first = client.position = begin + n
    async with listening(clients):
        await writer.draw(20)
        for client in clients:
            client.may_connect.clear()
        ending = asyncio.create_task(asyncio.to_thread(api.stop))
        while not ending.done():
            await writer.draw()
            await asyncio.sleep(0.02)
        await ending
        await writer.draw(20)
        await asyncio.to_thread(api.start)
        for client in clients:
            client.may_connect.set()
        await writer.draw(20)
        await all_connected(clients, 2)
        await assert_all_complete(clients, writer)


async def test_a_client_that_is_cut_off_again_and_again_folds_to_what_the_server_has(api, writer):
    chance = random.Random(5)
    clients = await newcomers(api, writer, 20)
    async with listening(clients):
        for _ in range(EVENTS_PER_S * SECONDS):
            await writer.do_anything(chance)
            if chance.random() < 0.2:
                await chance.choice(clients).hang_up()
        # Others begin in the middle, on a snapshot.
        late = await newcomers(api, writer, 10)
        loading = asyncio.gather(*(client.load(writer.image_id) for client in late))
        while not loading.done():
            await writer.do_anything(chance)
        await loading
        async with listening(late):
            for _ in range(EVENTS_PER_S):
                await writer.do_anything(chance)
                if chance.random() < 0.2:
                    await chance.choice([*clients, *late]).hang_up()
            await assert_all_complete([*clients, *late], writer)
    assert all(sum(c.connections for c in some) > len(some) for some in (clients, late))
    async with httpx.AsyncClient(base_url=api.url) as http:
        page = (await http.get(f"/api/images/{writer.image_id}/annotations")).raise_for_status().json()
    folded = {one["id"]: one["geometry"] for one in page["annotations"]}
    assert folded == writer.boxes
    assert all(client.boxes == folded for client in [*clients, *late])
