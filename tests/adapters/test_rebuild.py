"""Rebuilding the read models gives the same bytes, whatever the batch size, the moment it dies, and who writes."""

import asyncio
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest

from adapters import rebuild as rebuilding
from adapters.clock import new_id
from adapters.codec import UnknownEventType
from adapters.database import connected
from adapters.read_model import REBUILT_TABLES
from adapters.rebuild import RebuildError, rebuild, table_hash
from adapters.settings import Settings
from adapters.snapshot import steady_connection
from domain.execute import Executor
from tests.adapters.labelled_log import labelled_log
from tests.conftest import ROOT

IMAGES = 24
PROCESS = """
import asyncio, sys
from adapters.rebuild import rebuild
asyncio.run(rebuild(sys.argv[1], batch_size=1))
"""


async def live_hashes(url: str) -> dict[str, str]:
    async with connected(url) as connection:
        return {table: await table_hash(connection, "public", table) for table in REBUILT_TABLES}


@asynccontextmanager
async def rebuilding_process(url: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """Another process that rebuilds, event by event; dead at the end, whatever it was at."""
    process = subprocess.Popen([sys.executable, "-c", PROCESS, url], cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def until_rebuilt(url: str, process: subprocess.Popen[bytes], rows: int) -> None:
    """Until the shadow holds so many annotations."""
    async with connected(url) as connection:
        while True:
            assert process.poll() is None, "it ended before it could be killed"
            try:
                if await connection.fetchval("SELECT count(*) FROM rebuilt.annotations") >= rows:
                    return
            except asyncpg.UndefinedTableError:
                await asyncio.sleep(0.01)


async def until_the_swap_waits(pool: asyncpg.Pool) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%EXCLUSIVE%'"
    async with asyncio.timeout(60):
        while not await pool.fetchval(waiting):
            await asyncio.sleep(0.01)


async def test_every_batch_size_gives_the_live_tables_to_the_byte(executor: Executor, empty_settings: Settings) -> None:
    await labelled_log(executor, IMAGES)
    reports = [
        await rebuild(empty_settings.database_url, batch_size=size, swap=False) for size in (1, 7, 100, 1_000, 5_000)
    ]
    assert [name for report in reports for name, proof in report.tables.items() if not proof.equal] == []
    assert all(report == reports[0] for report in reports)
    assert reports[0].tables["annotations"].rows == 4 * (IMAGES - 1)


async def test_a_rebuild_killed_anywhere_leaves_all_as_it_was_and_the_next_one_is_whole(
    executor: Executor, empty_settings: Settings
) -> None:
    url = empty_settings.database_url
    await labelled_log(executor, IMAGES)
    before = await live_hashes(url)
    seed = random.randrange(2**32)
    for rows in random.Random(seed).sample(range(4 * (IMAGES - 2)), 5):
        async with rebuilding_process(url) as process:
            await until_rebuilt(url, process, rows)
        assert await live_hashes(url) == before, f"seed {seed}, killed at {rows} rows"
        assert (await rebuild(url)).equal, f"seed {seed}, killed at {rows} rows"
        assert await live_hashes(url) == before


async def test_a_rebuild_killed_before_its_swap_has_swapped_nothing(
    executor: Executor, empty_settings: Settings, pool: asyncpg.Pool
) -> None:
    url = empty_settings.database_url
    scene = await labelled_log(executor, 3)
    before = await live_hashes(url)
    async with connected(url) as reader, reader.transaction():
        # What a long read holds keeps the swap from happening.
        await reader.execute("LOCK TABLE annotations IN ACCESS SHARE MODE")
        async with rebuilding_process(url):
            await until_the_swap_waits(pool)
    assert await live_hashes(url) == before
    await scene.draw(scene.images[0], new_id())
    assert (await rebuild(url, swap=False)).equal


async def test_nothing_is_lost_while_people_draw_and_read_through_every_swap(
    executor: Executor, empty_settings: Settings, pool: asyncpg.Pool
) -> None:
    scene = await labelled_log(executor, 4)
    drawn: dict[UUID, set[UUID]] = {image: set() for image in scene.images}
    swapping = asyncio.Event()

    async def draw_for_ever(image: UUID) -> None:
        while not swapping.is_set():
            await scene.draw(image, annotation_id := new_id())
            drawn[image].add(annotation_id)
            # Read your writes, with a prepared statement that outlives the table it was prepared for.
            seen = await pool.fetch("SELECT annotation_id FROM annotations WHERE image_id = $1", image)
            assert drawn[image] <= {row["annotation_id"] for row in seen}

    people = [asyncio.create_task(draw_for_ever(image)) for image in scene.images]
    reports = [await rebuild(empty_settings.database_url, batch_size=50) for _ in range(5)]
    swapping.set()
    await asyncio.gather(*people)
    assert [report.equal for report in reports] == [True] * 5
    assert all(len(ids) > 5 for ids in drawn.values())
    last = await rebuild(empty_settings.database_url, swap=False)
    assert last.equal
    assert last.position == await pool.fetchval("SELECT count(*) FROM events")


async def test_a_long_read_sees_its_moment_and_people_go_on_drawing_while_the_swap_waits(
    executor: Executor, empty_settings: Settings, pool: asyncpg.Pool
) -> None:
    scene = await labelled_log(executor, 3)
    count = await pool.fetchval("SELECT count(*) FROM annotations")
    async with steady_connection(pool) as export:
        assert await export.fetchval("SELECT count(*) FROM events") > 0
        swap = asyncio.create_task(rebuild(empty_settings.database_url))
        await until_the_swap_waits(pool)
        for _ in range(5):
            await scene.draw(scene.images[0], new_id())
        assert await export.fetchval("SELECT count(*) FROM annotations") == count
        assert not swap.done()
    assert (await swap).swapped
    assert await pool.fetchval("SELECT count(*) FROM annotations") == count + 5


async def test_a_swap_that_never_gets_its_turn_says_why(
    executor: Executor, empty_settings: Settings, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await labelled_log(executor, 1)
    monkeypatch.setattr(rebuilding, "SWAP_TRIES", 2)
    before = await live_hashes(empty_settings.database_url)
    async with steady_connection(pool):
        with pytest.raises(RebuildError, match="a long read"):
            await rebuild(empty_settings.database_url)
    assert await live_hashes(empty_settings.database_url) == before


async def test_one_rebuild_at_a_time(
    executor: Executor, empty_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await labelled_log(executor, 1)
    monkeypatch.setattr(rebuilding, "LOCK_TRIES", 2)
    async with connected(empty_settings.database_url) as other:
        await other.execute("SELECT pg_advisory_lock($1)", rebuilding.REBUILD_LOCK)
        with pytest.raises(RebuildError, match="another rebuild is running"):
            await rebuild(empty_settings.database_url)
    assert (await rebuild(empty_settings.database_url)).equal


async def test_a_damaged_row_is_found_and_put_right_by_the_swap(
    executor: Executor, empty_settings: Settings, pool: asyncpg.Pool
) -> None:
    await labelled_log(executor, 3)
    await pool.execute(
        "UPDATE annotations SET x = x + 1 WHERE annotation_id = (SELECT annotation_id FROM annotations LIMIT 1)"
    )
    report = await rebuild(empty_settings.database_url)
    assert [name for name, proof in report.tables.items() if not proof.equal] == ["annotations"]
    assert (await rebuild(empty_settings.database_url)).equal


async def test_the_swapped_tables_have_the_indexes_storage_and_statistics_of_the_old(
    executor: Executor, empty_settings: Settings, pool: asyncpg.Pool
) -> None:
    async def shape() -> list[tuple[object, ...]]:
        indexes = await pool.fetch("SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        storage = await pool.fetch(
            "SELECT relname, reloptions FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
        keys = await pool.fetch("SELECT conrelid::regclass::text, conname, contype::text FROM pg_constraint")
        return sorted((tuple(row) for row in (*indexes, *storage, *keys)), key=repr)

    await labelled_log(executor, 3)
    before = await shape()
    await rebuild(empty_settings.database_url)
    assert await shape() == before
    assert await pool.fetchval("SELECT reltuples FROM pg_class WHERE oid = 'annotations'::regclass") > 0


async def test_an_event_of_a_newer_program_stops_the_rebuild(
    executor: Executor, empty_settings: Settings, pool: asyncpg.Pool
) -> None:
    await labelled_log(executor, 1)
    before = await live_hashes(empty_settings.database_url)
    await pool.execute(
        "INSERT INTO events SELECT position + 1, stream_id, version + 1, $1, 'annotation.blessed', 1, '{}', '{}', "
        "project_id, actor_id, NULL, NULL, NULL, recorded_at FROM events ORDER BY position DESC LIMIT 1",
        new_id(),
    )
    with pytest.raises(UnknownEventType, match=r"annotation\.blessed"):
        await rebuild(empty_settings.database_url)
    assert await live_hashes(empty_settings.database_url) == before
    assert await pool.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname = 'rebuilt'") == 0
