"""The platform as a person runs it: one data folder, one port, and the supervisor that serves them now."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
START_S = 60


class Platform:
    """One data folder and port, and the supervisor that serves them now."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.family: list[psutil.Process] = []
        self.supervisor: subprocess.Popen[str] | None = None

    def autoannotate(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        own = {"AUTOANNOTATE_DATA_DIR": str(self.data_dir), "AUTOANNOTATE_PORT": str(self.port)}
        inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        return subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            cwd=ROOT,
            env={**inherited, **own, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output of a command that ends by itself."""
        process = self.autoannotate(*arguments)
        output, _ = process.communicate(timeout=START_S)
        return process.returncode, output

    def up(self, **variables: str) -> None:
        """Start, and wait for the line that tells a person where to go."""
        self.supervisor = self.autoannotate("up", **variables)
        said = lines_until(self.supervisor, "is ready")
        assert said[-1] == f"Auto-Annotation is ready: {self.address}\n", "".join(said)
        self.family = psutil.Process(self.supervisor.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> int:
        """Signal the supervisor; its exit status once every process of its family has ended."""
        assert self.supervisor is not None
        self.supervisor.send_signal(number)
        with self.supervisor as ending:
            status = ending.wait(30)
        self.supervisor = None
        remaining = psutil.wait_procs(self.family, timeout=30)[1]
        assert remaining == []
        return status


def lines_until(process: subprocess.Popen[str], words: str) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    deadline = time.monotonic() + START_S
    while not (lines and words in lines[-1]):
        if not select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
            break
        lines.append(process.stdout.readline())
        if not lines[-1]:
            break
    return lines
