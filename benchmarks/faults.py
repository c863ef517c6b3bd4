"""What is lost and how long it takes when things die: `python -m benchmarks.faults [--rounds N] [--json FILE]`.

Real processes as `autoannotate up` starts them, with the settings it has, under load. Targets: issue 3.
"""

import argparse
import asyncio
import json
import random
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from benchmarks.table import Figure, print_figures
from tests.faults.checker import INVARIANTS
from tests.faults.errands import Errands, running_errands
from tests.faults.fleet import Fleet, running_fleet
from tests.faults.history import History, save
from tests.faults.load import under_load
from tests.faults.recorder import Recorder

LONGEST_S = 120
JOB_INVARIANTS = {
    "a job succeeds at most once, with one effect",
    "no job is lost",
    "the fence of a job strictly rises",
}

Measure = Callable[[Fleet, Recorder, Errands], Awaitable[None]]


async def kill_api(fleet: Fleet, recorder: Recorder, _errands: Errands) -> None:
    fault = recorder.fault("API killed: writes again")
    fleet.signal("api", signal.SIGKILL)
    await recorder.until_writing(fault, LONGEST_S)


async def kill_postgresql(fleet: Fleet, recorder: Recorder, _errands: Errands) -> None:
    fault = recorder.fault("PostgreSQL killed: writes again")
    fleet.signal("postgres", signal.SIGKILL)
    await recorder.until_writing(fault, LONGEST_S)


async def kill_worker(fleet: Fleet, recorder: Recorder, errands: Errands) -> None:
    job = await errands.ask(("report", "busy"), ("sleep", 5))
    await errands.until_said(job, "busy")
    fault = recorder.fault("worker killed: job runs again")
    psutil.Process(fleet.processes("child")[0].ppid()).kill()
    await errands.until(job, "running", attempt=2, within_s=LONGEST_S)
    recorder.recovered(fault)
    await errands.until(job, "succeeded")


async def empty_valkey(fleet: Fleet, recorder: Recorder, errands: Errands) -> None:
    running = [await errands.ask(("sleep", 1)) for _ in range(4)]
    fleet.empty_valkey()
    fault = recorder.fault("Valkey killed and back empty: queued jobs run")
    late = await errands.ask()
    await errands.until(late, "running", "succeeded", within_s=LONGEST_S)
    recorder.recovered(fault)
    for job in running:
        await errands.until(job, "succeeded")


MEASURES: tuple[tuple[Measure, float], ...] = (
    (kill_api, 3),
    (kill_postgresql, 5),
    (kill_worker, 40),
    (empty_valkey, 10),
)
"""With the most that the longest recovery may take, s."""


async def measure(fleet: Fleet, rounds: int, seed: int) -> tuple[History, list[Figure]]:
    recorder = Recorder("benchmark", seed)
    figures: list[Figure] = []
    settings = fleet.settings
    async with running_errands(settings, recorder) as errands:
        for number, (measured, at_most) in enumerate(MEASURES):
            if number:
                # What the supervisor remembers of earlier deaths is forgotten.
                fleet.up()
            first = len(recorder.history.faults)
            async with under_load(fleet.address, recorder, name=f"{measured.__name__} "):
                for _ in range(rounds):
                    await recorder.pause(2.0)
                    await measured(fleet, recorder, errands)
            done = recorder.history.faults[first:]
            longest = max((fault.recovered_s or 0.0) - fault.at_s for fault in done)
            figures.append(Figure(done[0].name, longest, "s", at_most=at_most))
        await errands.settle()
    return await recorder.collect(settings.database_url), figures


def verdict(history: History) -> list[Figure]:
    breaches = {name: len(list(breaches_in(history))) for name, breaches_in in INVARIANTS.items()}
    jobs = sum(count for name, count in breaches.items() if name in JOB_INVARIANTS)
    acknowledged = sum(op.outcome == "ok" for op in history.operations)
    return [
        Figure("commands acknowledged", acknowledged, "commands"),
        Figure("faults", len(history.faults), "faults"),
        Figure("lost, doubled or reordered", sum(breaches.values()) - jobs, "commands", at_most=0),
        Figure("jobs lost or with two effects", jobs, "jobs", at_most=0),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is killed")
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--history", type=Path, help="keep the whole history here")
    options = parser.parse_args()
    with running_fleet(AUTOANNOTATE_WORKERS="2") as fleet:
        history, figures = asyncio.run(measure(fleet, options.rounds, options.seed))
    figures = [*verdict(history), *figures]
    print_figures(f"Faults, seed {options.seed}", figures)
    if options.json:
        options.json.write_text(json.dumps({figure.name: figure.value for figure in figures}, indent=2) + "\n")
    if options.history:
        save(history, options.history)


if __name__ == "__main__":
    main()
