"""The way between the API and PostgreSQL: cut after COMMIT was sent, slow, half open; a LISTEN connection lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from adapters.database import connected
from tests.faults.fleet import Fleet
from tests.faults.load import judged, under_load
from tests.faults.recorder import Recorder, until
from tests.faults.rounds import GENEROUS_S, patience
from tests.faults.second_api import second_api, wait_for
from tests.faults.wire import Wire, wire_to

pytestmark = [pytest.mark.asyncio, patience]


@pytest_asyncio.fixture
async def wired(fleet: Fleet, recorder: Recorder) -> AsyncIterator[tuple[Wire, str]]:
    """A wire to the fleet's database, and the address of an API at its other end."""
    settings = fleet.settings
    async with wire_to(settings.database_url, recorder.random) as (wire, url):
        with second_api(msgspec.structs.replace(settings, given_database_url=url)) as address:
            await asyncio.to_thread(wait_for, address)
            yield wire, address


async def test_the_wire_is_cut_after_commit_was_sent(
    wired: tuple[Wire, str], fleet: Fleet, recorder: Recorder, rounds: int, kept: Path
) -> None:
    wire, address = wired
    async with under_load(address, recorder):
        for _ in range(rounds):
            await recorder.pause(0.5)
            await asyncio.wait_for(wire.cut_after_commit(), GENEROUS_S)
            await recorder.until_writing(recorder.fault("cut after COMMIT"), GENEROUS_S)
    await judged(recorder, fleet.settings.database_url, kept)


async def test_the_wire_is_cut_after_commit_for_so_long_that_nobody_is_answered(
    wired: tuple[Wire, str], fleet: Fleet, recorder: Recorder, rounds: int, kept: Path
) -> None:
    wire, address = wired
    async with under_load(address, recorder):
        for _ in range(rounds):
            await recorder.pause(0.5)
            await asyncio.wait_for(wire.cut_after_commit(), GENEROUS_S)
            fault = recorder.fault("cut after COMMIT, then down")
            wire.down = True
            refused = recorder.refusals
            # Until an append has waited long enough: how long that is on this machine, the machine decides.
            await until(
                lambda refused=refused: recorder.refusals > refused, GENEROUS_S, "nobody was told to come again"
            )
            wire.down = False
            await recorder.until_writing(fault, GENEROUS_S)
    await judged(recorder, fleet.settings.database_url, kept)
    assert any(op.tries > 1 for op in recorder.history.operations)


async def test_the_wire_is_slow(
    wired: tuple[Wire, str], fleet: Fleet, recorder: Recorder, rounds: int, kept: Path
) -> None:
    wire, address = wired
    async with under_load(address, recorder):
        for _ in range(rounds):
            fault = recorder.fault("slow wire")
            wire.delay_s = recorder.random.uniform(0.05, 0.2)
            await recorder.until_writing(fault, GENEROUS_S)
            wire.delay_s = 0.0
            await recorder.pause(0.5)
    await judged(recorder, fleet.settings.database_url, kept)


async def test_the_wire_is_half_open(
    wired: tuple[Wire, str], fleet: Fleet, recorder: Recorder, rounds: int, kept: Path
) -> None:
    wire, address = wired
    async with under_load(address, recorder):
        for _ in range(rounds):
            await recorder.pause(0.5)
            fault = recorder.fault("half-open wire")
            wire.half_open()
            await recorder.until_writing(fault, 2 * GENEROUS_S)
    await judged(recorder, fleet.settings.database_url, kept)


async def test_the_listening_connection_is_lost(fleet: Fleet, recorder: Recorder, rounds: int, kept: Path) -> None:
    database_url = fleet.settings.database_url
    async with under_load(fleet.address, recorder) as load, connected(database_url) as connection:
        for _ in range(rounds):
            await recorder.pause(1.0)
            fault = recorder.fault("LISTEN connection lost")
            await until(lambda: _stop_listening(connection), GENEROUS_S, "nobody listens")
            heard = [listener.reading.upto for listener in load.listeners]
            await until(
                lambda heard=heard: all(
                    listener.reading.upto > before for listener, before in zip(load.listeners, heard, strict=True)
                ),
                GENEROUS_S,
                "a listener hears nothing more",
            )
            recorder.recovered(fault)
    await judged(recorder, database_url, kept)


async def _stop_listening(connection: asyncpg.Connection) -> bool:
    """Whether the server ended any connection that listens; now and then each asks whether it is still there."""
    return bool(
        await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE (query LIKE 'LISTEN%' OR query = 'SELECT true') AND pid <> $1",
            connection.get_server_pid(),
        )
    )
