"""Wall clocks an hour ahead and an hour behind: order and leases know the database's clock only."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.faults.errands import running_errands
from tests.faults.fleet import Fleet
from tests.faults.load import judged, under_load
from tests.faults.recorder import Recorder
from tests.faults.rounds import GENEROUS_S, patience
from tests.faults.second_api import second_api, wait_for
from tests.worker.runtime.conftest import WorkerProcess

pytestmark = patience

HOUR_S = 3600
LONGER_THAN_A_LEASE_S = 5


def moved(seconds: int) -> dict[str, str]:
    """Variables of a process whose clock is so far off."""
    return {"PYTHONPATH": str(ROOT / "tests" / "faults" / "moved_clock"), "FAULTS_CLOCK_S": str(seconds)}


@pytest.fixture
def moved_workers(fleet: Fleet) -> Iterator[None]:
    """An hour ahead and an hour behind, beside the fleet's two."""
    workers = [WorkerProcess(fleet.settings, **moved(seconds)) for seconds in (HOUR_S, -HOUR_S)]
    yield
    for worker in workers:
        worker.end()


def test_a_moved_clock_is_moved() -> None:
    asked = [sys.executable, "-c", "import time; print(time.time())"]
    ahead, behind = (
        float(subprocess.run(asked, env=moved(s), capture_output=True, check=True).stdout) for s in (HOUR_S, -HOUR_S)
    )
    assert 2 * HOUR_S - 60 < ahead - behind < 2 * HOUR_S + 60


@pytest.mark.usefixtures("moved_workers")
async def test_clocks_are_moved_by_an_hour(fleet: Fleet, recorder: Recorder, rounds: int, kept: Path) -> None:
    settings = fleet.settings
    with second_api(settings, **moved(-HOUR_S)) as behind:
        await asyncio.to_thread(wait_for, behind)
        async with (
            under_load(fleet.address, recorder, writers=2, listeners=1) as load,
            under_load(behind, recorder, writers=2, listeners=1, name="behind"),
            running_errands(settings, recorder) as errands,
        ):
            assert load.writers
            for _ in range(rounds):
                recorder.fault("clocks an hour off")
                jobs = [await errands.ask(("sleep", LONGER_THAN_A_LEASE_S)) for _ in range(6)]
                for job in jobs:
                    await errands.until(job, "succeeded", within_s=2 * GENEROUS_S)
            await errands.settle()
            for job in errands.asked:
                # Whatever its worker's clock says, its lease was seen as it was.
                assert (await errands.row(job))["attempt"] == 1
    await judged(recorder, settings.database_url, kept)
