"""SIGSTOP, then SIGCONT: who slept through its lease has lost its job; who slept holding the log's head loses that."""

import asyncio
import signal
from datetime import datetime
from pathlib import Path

import asyncpg
import psutil
import pytest

from adapters.database import connected
from tests.faults.errands import running_errands
from tests.faults.fleet import Fleet
from tests.faults.load import judged, under_load
from tests.faults.recorder import Recorder
from tests.faults.rounds import GENEROUS_S, patience

pytestmark = [pytest.mark.asyncio, patience]

HOLDERS_OF_THE_HEAD = """
SELECT pid, xact_start FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a USING (pid)
WHERE c.relname = 'log_head' AND l.mode = 'RowShareLock' AND a.state = 'idle in transaction'
"""
"""As transactions: a worker may hold it for a moment at any time."""


async def test_a_worker_sleeps_through_its_lease(fleet: Fleet, recorder: Recorder, rounds: int, kept: Path) -> None:
    settings = fleet.settings
    async with running_errands(settings, recorder) as errands:
        for _ in range(rounds):
            job = await errands.ask(("report", "busy"), ("sleep", recorder.random.uniform(0.2, 3)), kind="train")
            await errands.until_said(job, "busy")
            (child,) = fleet.processes("child")
            worker = psutil.Process(child.ppid())
            fault = recorder.fault("worker frozen for longer than its lease")
            for process in (worker, child):
                process.send_signal(signal.SIGSTOP)
            await errands.until(job, "running", "succeeded", attempt=2, within_s=GENEROUS_S)
            recorder.recovered(fault)
            await _woken(worker, child)
            await errands.until(job, "succeeded")
            await asyncio.to_thread(child.wait, GENEROUS_S)
        await errands.settle()
        await errands.none_failed()
    await judged(recorder, settings.database_url, kept)


async def _woken(worker: psutil.Process, child: psutil.Process) -> None:
    # The job's own process first: it finishes what it was at, and its worker has not yet told it to stop.
    child.send_signal(signal.SIGCONT)
    await asyncio.sleep(1)
    worker.send_signal(signal.SIGCONT)


async def test_the_api_sleeps_holding_the_head_of_the_log(
    fleet: Fleet, recorder: Recorder, rounds: int, kept: Path
) -> None:
    settings = fleet.settings
    (api,) = fleet.processes("api")
    async with under_load(fleet.address, recorder, pause_s=0.005), running_errands(settings, recorder) as errands:
        async with connected(settings.database_url) as connection:
            for _ in range(rounds):
                frozen = await _freeze_holding_the_head(api, connection)
                fault = recorder.fault("API frozen, holding the head")
                try:
                    # Somebody else appends: the server waits 5 s for a silent transaction, and no longer.
                    await asyncio.wait_for(errands.ask(), GENEROUS_S)
                    recorder.recovered(fault)
                    assert not frozen & await _holders(connection)
                finally:
                    api.send_signal(signal.SIGCONT)
                await recorder.until_writing(fault, GENEROUS_S)
        await errands.settle()
    await judged(recorder, settings.database_url, kept)


async def _holders(connection: asyncpg.Connection) -> set[tuple[int, datetime]]:
    return {(row["pid"], row["xact_start"]) for row in await connection.fetch(HOLDERS_OF_THE_HEAD)}


async def _freeze_holding_the_head(api: psutil.Process, connection: asyncpg.Connection) -> set[tuple[int, datetime]]:
    """The transactions that hold it and do not go on."""
    for _ in range(500):
        api.send_signal(signal.SIGSTOP)
        # What is under way on the server ends; what is held then, a frozen process holds.
        await asyncio.sleep(0.05)
        held = await _holders(connection)
        await asyncio.sleep(0.2 if held else 0)
        if held := held & await _holders(connection):
            return held
        api.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.02)
    raise AssertionError("the API was never met in the middle of an append")
