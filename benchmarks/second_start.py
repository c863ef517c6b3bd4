"""`make up` on a data folder that exists already, until it says that it is ready."""

import os
import signal
import statistics
import subprocess
import tempfile
import time

from benchmarks.served import free_port
from benchmarks.table import Figure
from cli.programs import ROOT

READY = "is ready:"
TIMES = 3


def measure_second_start() -> Figure:
    """The first start builds and migrates and is not counted."""
    with tempfile.TemporaryDirectory(prefix="autoannotate-bench-") as folder:
        os.chmod(folder, 0o755)
        seconds = [_start(folder) for _ in range(1 + TIMES)][1:]
    return Figure("make up, second start, to ready", statistics.median(seconds), "s", at_most=8)


def _start(folder: str) -> float:
    variables = {**os.environ, "AUTOANNOTATE_DATA_DIR": folder, "AUTOANNOTATE_PORT": str(free_port())}
    started = time.perf_counter()
    make = subprocess.Popen(
        ["make", "up"], cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert make.stdout is not None
    seconds = None
    try:
        for line in make.stdout:
            if READY in line:
                seconds = time.perf_counter() - started
                break
    finally:
        # What Ctrl-C in a terminal does: the whole foreground group hears it.
        os.killpg(make.pid, signal.SIGINT)
        make.wait(60)
    if seconds is None:
        raise RuntimeError(f"make up ended with status {make.returncode} before it was ready")
    return seconds
