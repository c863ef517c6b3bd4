"""One platform of real processes for all fault tests."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.fleet import Fleet, running_fleet
from tests.faults.recorder import Recorder
from tests.faults.rounds import ROUNDS


@pytest.fixture(scope="session")
def session_fleet() -> Iterator[Fleet]:
    with running_fleet(AUTOANNOTATE_WORKERS="2", AUTOANNOTATE_LEASE_S="3") as fleet:
        yield fleet


@pytest.fixture
def fleet(session_fleet: Fleet) -> Iterator[Fleet]:
    """With two workers and a lease of 3 s. Whatever a failed test has left frozen goes on."""
    yield session_fleet
    session_fleet.wake()


@pytest.fixture
def rounds() -> int:
    """How often the fault is done."""
    return ROUNDS


@pytest.fixture
def recorder(request: pytest.FixtureRequest) -> Recorder:
    seed = int(os.environ.get("FAULTS_SEED", random.randrange(2**31)))
    print(f"FAULTS_SEED={seed}")
    return Recorder(request.node.name.partition("[")[0], seed)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the history of a red run is kept; pytest prints it."""
    return tmp_path
