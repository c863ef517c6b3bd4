"""How fast the log takes events and gives them back: `python -m benchmarks.event_log [--json FILE]`.

On a PostgreSQL of its own, durable, with the read models folded in the same transactions, as the platform does it.
Targets: docs of the event log, section "Testing".
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
import uvloop
from alembic import command
from alembic.config import Config

from adapters.bulk_append import append_in_bulk
from adapters.clock import new_id
from adapters.database import open_pool
from adapters.embedded_postgres import start_postgres
from adapters.event_store import PostgresEventStore
from adapters.rebuild import rebuild
from benchmarks.http_load import percentile
from benchmarks.table import Figure, print_figures
from cli.programs import ROOT
from domain.events import AnnotationDrawn, Event, ImageRegistered, NewEvent, ProjectCreated
from domain.geometry import Box
from domain.ids import LOCAL_ACTOR
from domain.ports import Append, StreamAppend

CLIENTS = 64
IMPORTED = 20_000
IMPORT_CHUNK = 2_000


class Log(msgspec.Struct):
    store: PostgresEventStore
    pool: asyncpg.Pool
    project: UUID
    images: list[UUID]

    def append_of(self, stream_id: UUID, *events: Event) -> Append:
        return Append(
            [StreamAppend(stream_id, None, [NewEvent(new_id(), e) for e in events])], self.project, LOCAL_ACTOR
        )

    def box(self, number: int) -> Append:
        drawn = AnnotationDrawn(new_id(), self.project, Box(number % 500 + 0.5, float(number % 400), 40.25, 30.0))
        return self.append_of(self.images[number % len(self.images)], drawn)


async def one_client(log: Log, count: int) -> list[Figure]:
    milliseconds: list[float] = []
    for number in range(count):
        append = log.box(number)
        started = time.perf_counter()
        await log.store.append(append)
        milliseconds.append(1000 * (time.perf_counter() - started))
    return [
        Figure("append a box, 1 client, p50", statistics.median(milliseconds), "ms", at_most=3),
        Figure("append a box, 1 client, p99", percentile(milliseconds, 0.99), "ms", at_most=20),
    ]


async def many_clients(log: Log, count: int) -> list[Figure]:
    milliseconds: list[float] = []

    async def client(first: int) -> None:
        for number in range(first, count, CLIENTS):
            append = log.box(number)
            started = time.perf_counter()
            await log.store.append(append)
            milliseconds.append(1000 * (time.perf_counter() - started))

    started = time.perf_counter()
    await asyncio.gather(*(client(first) for first in range(CLIENTS)))
    per_s = count / (time.perf_counter() - started)
    return [
        Figure(f"append a box, {CLIENTS} clients", per_s, "events/s", at_least=4_000),
        Figure(f"append a box, {CLIENTS} clients, p99", percentile(milliseconds, 0.99), "ms", at_most=50),
    ]


async def imports(log: Log) -> list[Figure]:
    """Pictures registered by COPY while somebody draws."""
    appends = [log.append_of(new_id(), registered(number)) for number in range(IMPORTED)]
    ended = asyncio.Event()

    async def draw() -> list[float]:
        milliseconds: list[float] = []
        while not ended.is_set():
            started = time.perf_counter()
            await log.store.append(log.box(len(milliseconds)))
            milliseconds.append(1000 * (time.perf_counter() - started))
            await asyncio.sleep(0.02)
        return milliseconds

    drawing = asyncio.create_task(draw())
    started = time.perf_counter()
    async with log.pool.acquire() as connection:
        for start in range(0, IMPORTED, IMPORT_CHUNK):
            await append_in_bulk(connection, appends[start : start + IMPORT_CHUNK])
    seconds = time.perf_counter() - started
    ended.set()
    return [
        Figure(f"import by COPY, {IMPORTED:,} pictures", IMPORTED / seconds, "events/s", at_least=20_000),
        Figure("append of another meanwhile, p99", percentile(await drawing, 0.99), "ms", at_most=500),
    ]


async def rebuilding(log: Log, database_url: str) -> Figure:
    head = (await log.store.head()).position
    started = time.perf_counter()
    report = await rebuild(database_url, batch_size=5_000, swap=False)
    per_s = head / (time.perf_counter() - started)
    if not report.equal:
        raise RuntimeError("the rebuilt tables are not the live ones")
    return Figure(f"rebuild of {head:,} events, compared by hash", per_s, "events/s", at_least=20_000)


def registered(number: int) -> ImageRegistered:
    return ImageRegistered(f"{number:06d}.jpg", f"{number:064x}", 640, 480, 50_000, "image/jpeg")


async def opened(pool: asyncpg.Pool, store: PostgresEventStore) -> Log:
    log = Log(store, pool, new_id(), [new_id() for _ in range(500)])
    await store.append(log.append_of(log.project, ProjectCreated("bench", "", "detect")))
    await asyncio.gather(*(store.append(log.append_of(image, registered(n))) for n, image in enumerate(log.images)))
    return log


async def run(database_url: str) -> list[Figure]:
    pool = await open_pool(database_url)
    store = PostgresEventStore(pool)
    await store.start()
    try:
        log = await opened(pool, store)
        await many_clients(log, 2_000)
        figures = await one_client(log, 1_000)
        figures += await many_clients(log, 20_000)
        figures += await imports(log)
        return [*figures, await rebuilding(log, database_url)]
    finally:
        await store.stop()
        await pool.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="autoannotate-bench-"))
    folder.chmod(0o755)
    postgres = start_postgres(folder)
    try:
        config = Config(str(ROOT / "migrations" / "alembic.ini"))
        config.attributes["database_url"] = postgres.url
        command.upgrade(config, "head")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            figures = runner.run(run(postgres.url))
    finally:
        postgres.stop()
    print_figures("Event log", figures)
    if chosen.json:
        chosen.json.write_text(json.dumps([msgspec.to_builtins(figure) for figure in figures], indent=1))


if __name__ == "__main__":
    main()
