"""One platform of real processes for all fault tests."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.fault_table import fault_lines, print_lines
from tests.faults.fleet import Fleet, running_fleet
from tests.faults.history import History
from tests.faults.recorder import Recorder
from tests.faults.rounds import ROUNDS

HISTORIES = pytest.StashKey[list[History]]()


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
    made = Recorder(request.node.name.partition("[")[0], seed)
    request.config.stash.setdefault(HISTORIES, []).append(made.history)
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := fault_lines(config.stash.get(HISTORIES, [])):
        terminalreporter.section("faults")
        for line in print_lines(lines):
            terminalreporter.write_line(line)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the history of a red run is kept; pytest prints it."""
    return tmp_path
