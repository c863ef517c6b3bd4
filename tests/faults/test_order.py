"""A reader of `position > last` never misses an event, in any order of begin, append, commit, rollback and read."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import product

import asyncpg
import pytest
import pytest_asyncio

from adapters.clock import new_id
from adapters.database import connected
from tests.faults.interleaving import Played, Player, interleavings
from tests.faults.logs import HeadLockedLog, Log, naive_log
from tests.faults.profile import LONG

ENDS = ("commit", "rollback")
PAIRS = list(product(ENDS, repeat=2))
TRIPLES = list(product(ENDS, repeat=3))


@pytest_asyncio.fixture
async def connections(empty_settings) -> AsyncIterator[list[asyncpg.Connection]]:
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(connected(empty_settings.database_url)) for _ in range(5)]
        for connection in opened:
            # What others see is decided before the disk is asked, so the disk may be left out of thousands of commits.
            await connection.execute("SET synchronous_commit = off")
        yield opened


async def play_all(
    log: Log, opened: Sequence[asyncpg.Connection], scripts: Mapping[str, Sequence[str]], *, one_stream: bool = False
) -> AsyncIterator[tuple[int, Played]]:
    """(position before, what happened) of every interleaving of the scripts."""
    *others, watcher = opened
    connections = dict(zip(scripts, others, strict=False))
    for schedule in interleavings(scripts):
        before = max([0, *await log.read_after(watcher, 0)]) if not log.takes_turns else await head(watcher)
        shared = new_id()
        streams = {name: (shared, 0) if one_stream else (new_id(), None) for name in scripts}
        yield before, await Player(log, connections, watcher, before).play(schedule, streams)


async def head(connection: asyncpg.Connection) -> int:
    return await connection.fetchval("SELECT position FROM log_head")


def writers(*ends: str) -> dict[str, Sequence[str]]:
    return {f"writer {n}": ("begin", "append", end) for n, end in enumerate(ends, 1)}


async def assert_nothing_is_skipped(
    connections: Sequence[asyncpg.Connection], scripts: Mapping[str, Sequence[str]]
) -> tuple[int, int]:
    """(interleavings played, appends that waited)."""
    played = waited = 0
    async for before, happened in play_all(HeadLockedLog(), connections, scripts):
        committed = happened.committed_positions()
        assert happened.seen == committed, happened
        # A position that was rolled back is given again: no gaps.
        assert committed == list(range(before + 1, before + 1 + len(committed))), happened
        played, waited = played + 1, waited + happened.waits
    return played, waited


@pytest.mark.parametrize("end", ENDS)
async def test_one_writer_and_a_reader(connections, end):
    scripts = {**writers(end), "reader": ("read", "read", "read")}
    assert await assert_nothing_is_skipped(connections, scripts) == (20, 0)


@pytest.mark.parametrize("ends", PAIRS)
async def test_two_writers_and_a_reader(connections, ends):
    played, waited = await assert_nothing_is_skipped(connections, {**writers(*ends), "reader": ("read", "read")})
    assert played == 560
    assert waited > 0


@pytest.mark.parametrize("ends", TRIPLES)
async def test_three_writers(connections, ends):
    # BEGIN alone changes nothing for others, so the normal profile gives it no turn of its own: 90 orders, not 1,680.
    starts = ("begin", "append") if LONG else ("begin and append",)
    scripts = {f"writer {n}": (*starts, end) for n, end in enumerate(ends, 1)}
    played, waited = await assert_nothing_is_skipped(connections, scripts)
    assert played == (1_680 if LONG else 90)
    assert waited > 0


@pytest.mark.parametrize("ends", PAIRS)
async def test_of_two_that_expect_the_same_version_the_second_is_refused_once_the_first_has_committed(
    connections, ends
):
    played = 0
    async for _, happened in play_all(HeadLockedLog(), connections, writers(*ends), one_stream=True):
        (first, first_position), (_, second_position) = happened.appends
        assert first_position is not None
        assert (second_position is None) == (first in happened.committed), happened
        played += 1
    assert played == 20


async def test_the_harness_sees_a_naive_log_skip(connections):
    """The positive control: without it, a harness that sees nothing would pass as well."""
    scripts = {**writers("commit", "commit"), "reader": ("read", "read")}
    skipped = played = 0
    async with naive_log(connections[-1]) as log:
        async for _, happened in play_all(log, connections, scripts):
            missing = set(happened.committed_positions()) - set(happened.seen)
            skipped, played = skipped + bool(missing), played + 1
    assert played == 560
    assert skipped > 0
