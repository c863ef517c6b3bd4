"""Everything a handler may use, made once at start-up and handed over as `services`."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
import msgspec

from adapters import kept_answers
from adapters.blobs import open_blob_store
from adapters.clock import new_id
from adapters.database import SOON_S, open_pool
from adapters.event_store import PostgresEventStore
from adapters.feed import FeedHub
from adapters.jobs import Nudger
from adapters.settings import Settings
from domain.execute import Executor
from domain.ports import BlobStore

FORGET_EVERY_S = 3_600


class Services(msgspec.Struct, frozen=True):
    settings: Settings
    pool: asyncpg.Pool
    relaxed_pool: asyncpg.Pool
    """Commits without waiting for the disk: for what a crash may forget, never for a fact."""
    store: PostgresEventStore
    executor: Executor
    blobs: BlobStore
    nudger: Nudger
    hub: FeedHub


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncGenerator[Services, None]:
    """Connect to everything, in the order that stopping reverses."""
    pool = await open_pool(settings.database_url, size=16)
    relaxed_pool = await open_pool(settings.database_url, size=4, durable=False, answer_within_s=SOON_S)
    store = PostgresEventStore(pool)
    await store.start()
    hub = FeedHub(settings.database_url, pool)
    await hub.start()
    nudger = Nudger(settings.redis_url)
    blobs = open_blob_store(settings.blob_url)
    forgetting = asyncio.create_task(_forget_old_answers(relaxed_pool), name="forget-old-answers")
    try:
        yield Services(settings, pool, relaxed_pool, store, Executor(store, new_id), blobs, nudger, hub)
    finally:
        forgetting.cancel()
        await nudger.close()
        await hub.stop()
        await store.stop()
        await relaxed_pool.close()
        await pool.close()


async def _forget_old_answers(pool: asyncpg.Pool) -> None:
    while True:
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            await kept_answers.forget_old(pool)
        await asyncio.sleep(FORGET_EVERY_S)
