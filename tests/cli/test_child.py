"""One supervised process: brought back when it dies, and not left behind with its own children."""

import contextlib
import os
import signal
import sys
import time

import psutil

from adapters.settings import load_settings
from cli.child import FIRST_DELAY_S, LONGEST_DELAY_S, STEADY_S, Child

FOREVER = [sys.executable, "-c", "import time; time.sleep(600)"]
FAILS = [sys.executable, "-c", "raise SystemExit(3)"]
HAS_A_CHILD = [sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '600'])"]


def started(command: list[str]) -> Child:
    child = Child("worker 1", command, os.environ)
    child.start(time.monotonic())
    return child


def processes(command: list[str]) -> list[psutil.Process]:
    """The running `command` of ours, and what it started: servers of other tests may be our children too."""
    found: list[psutil.Process] = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if child.cmdline() == command:
                found += [child, *child.children(recursive=True)]
    return found


def death_of(child: Child, now: float) -> str:
    """What `tend` says once it has noticed."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if said := child.tend(now):
            return said
        time.sleep(0.01)
    raise AssertionError("it did not die")


def test_a_process_that_runs_needs_no_tending() -> None:
    child = started(FOREVER)
    assert child.tend(time.monotonic()) is None
    assert not child.ended()
    child.kill()
    assert child.ended()


def test_it_is_started_again_and_later_every_time() -> None:
    child = started(FAILS)
    now = time.monotonic()
    waits = []
    for _ in range(9):
        said = death_of(child, now)
        assert said.startswith("worker 1 ended with status 3; starting it again in ")
        waits.append(float(said.split()[-2]))
        assert child.tend(now + waits[-1] - 0.01) is None
        assert child.ended()
        now += waits[-1]
        assert child.tend(now) is None
    assert waits == [min(FIRST_DELAY_S * 2**death, LONGEST_DELAY_S) for death in range(9)]
    # With a start of several seconds, no longer than a dead worker's lease and what is left of 40 s.
    assert max(waits) + 5 <= load_settings({}).lease_s <= 30
    child.kill()


def test_after_a_steady_run_a_death_is_a_first_one() -> None:
    child = started(FAILS)
    now = time.monotonic()
    waits = []
    for _ in range(6):
        waits.append(float(death_of(child, now).split()[-2]))
        now += waits[-1]
        child.tend(now)
    assert waits[-1] == LONGEST_DELAY_S
    now += STEADY_S + 1
    assert death_of(child, now).endswith(f"starting it again in {FIRST_DELAY_S:g} s")
    assert child.deaths == 1
    child.kill()


def test_a_signal_is_named() -> None:
    child = started(FOREVER)
    (process,) = processes(FOREVER)
    process.kill()
    assert "worker 1 was killed by SIGKILL" in death_of(child, time.monotonic())


def test_what_a_dead_process_left_in_its_group_is_ended() -> None:
    child = started(HAS_A_CHILD)
    deadline = time.monotonic() + 20
    while len(processes(HAS_A_CHILD)) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    parent, grandchild = processes(HAS_A_CHILD)
    os.kill(parent.pid, signal.SIGKILL)
    death_of(child, time.monotonic())
    assert psutil.wait_procs([grandchild], timeout=10)[1] == []
