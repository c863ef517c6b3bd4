"""SIGKILL at random points, on real processes under load: nothing acknowledged is lost, doubled or reordered."""

import signal
from pathlib import Path

import pytest

from tests.faults.errands import running_errands
from tests.faults.fleet import Fleet
from tests.faults.load import judged, under_load
from tests.faults.recorder import Recorder, until
from tests.faults.rounds import GENEROUS_S, patience

pytestmark = [pytest.mark.asyncio, patience]

DEATHS_IN_A_ROW = 3
"""So many, and the supervisor is started afresh: how patient it is with what keeps dying is not the subject."""


async def test_the_api_is_killed(fleet: Fleet, recorder: Recorder, rounds: int, kept: Path) -> None:
    for start in range(0, rounds, DEATHS_IN_A_ROW):
        if start:
            fleet.up()
        async with under_load(fleet.address, recorder) as load:
            for _ in range(start, min(rounds, start + DEATHS_IN_A_ROW)):
                await recorder.pause(1.0)
                before = [listener.connections for listener in load.listeners]
                fault = recorder.fault("API killed")
                fleet.signal("api", signal.SIGKILL)
                await recorder.until_writing(fault, GENEROUS_S)
                await until(
                    lambda load=load, before=before: all(
                        listener.connections > n for listener, n in zip(load.listeners, before, strict=True)
                    ),
                    GENEROUS_S,
                    "a listener did not come back",
                )
    await judged(recorder, fleet.settings.database_url, kept)


async def test_postgresql_is_killed(fleet: Fleet, recorder: Recorder, rounds: int, kept: Path) -> None:
    async with under_load(fleet.address, recorder):
        for _ in range(rounds):
            await recorder.pause(1.0)
            fault = recorder.fault("PostgreSQL killed")
            fleet.signal("postgres", signal.SIGKILL)
            await recorder.until_writing(fault, GENEROUS_S)
    await judged(recorder, fleet.settings.database_url, kept)


async def test_a_worker_is_killed_in_the_middle_of_a_job(
    fleet: Fleet, recorder: Recorder, rounds: int, kept: Path
) -> None:
    settings = fleet.settings
    async with running_errands(settings, recorder) as errands:
        for number in range(rounds):
            if number and number % DEATHS_IN_A_ROW == 0:
                fleet.up()
            jobs = [await errands.ask(("report", "busy"), ("sleep", recorder.random.uniform(0, 3))) for _ in range(3)]
            await errands.until_said(jobs[0], "busy")
            await recorder.pause(2.0)
            fault = recorder.fault("worker killed")
            running = [job for job in jobs if (await errands.row(job))["state"] == "running"]
            fleet.signal("worker", signal.SIGKILL)
            for job in running:
                await errands.until_tried_again(job, within_s=GENEROUS_S)
            recorder.recovered(fault)
            for job in jobs:
                await errands.until(job, "succeeded", within_s=GENEROUS_S)
        await errands.settle()
        await errands.none_failed()
    await judged(recorder, settings.database_url, kept)


async def test_the_process_of_a_job_is_killed(fleet: Fleet, recorder: Recorder, rounds: int, kept: Path) -> None:
    settings = fleet.settings
    async with running_errands(settings, recorder) as errands:
        for _ in range(rounds):
            job = await errands.ask(("report", "busy"), ("sleep", 1.5), kind="train")
            await errands.until_said(job, "busy")
            await recorder.pause(1.5)
            fault = recorder.fault("training child killed")
            fleet.signal("child", signal.SIGKILL)
            await errands.until_tried_again(job)
            recorder.recovered(fault)
            await errands.until(job, "succeeded")
        await errands.settle()
        await errands.none_failed()
    await judged(recorder, settings.database_url, kept)


async def test_valkey_is_killed_and_comes_back_empty(fleet: Fleet, recorder: Recorder, rounds: int, kept: Path) -> None:
    settings = fleet.settings
    async with under_load(fleet.address, recorder), running_errands(settings, recorder) as errands:
        for _ in range(rounds):
            # More than there is room for: some are queued, and their nudges lie in Valkey.
            jobs = [await errands.ask(("sleep", 0.3)) for _ in range(5)]
            await recorder.pause(0.5)
            fleet.empty_valkey()
            fault = recorder.fault("Valkey killed and back empty")
            late = await errands.ask(("report", "late"))
            await errands.until(late, "running", "succeeded", within_s=GENEROUS_S)
            recorder.recovered(fault)
            for job in jobs:
                await errands.until(job, "succeeded")
        await errands.settle()
        await errands.none_failed()
    await judged(recorder, settings.database_url, kept)
