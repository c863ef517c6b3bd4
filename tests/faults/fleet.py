"""`autoannotate up` as people run it, with every process of it in reach of a signal."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import psutil

from adapters.embedded_postgres import start_postgres
from adapters.embedded_valkey import start_valkey
from adapters.settings import Settings, load_settings
from tests.conftest import ROOT
from tests.worker.runtime.conftest import TASKS

Role = Literal["api", "worker", "child", "postgres", "valkey"]

WORDS: dict[Role, str] = {
    "api": "api.app:create_app",
    "worker": "worker.main",
    "child": "worker.child",
    "postgres": "postgres",
    "valkey": "valkey-server",
}
START_S = 400


class Fleet:
    """One data folder and port, and the supervisor that serves them now. Its jobs are probes."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.data_dir = data_dir
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._variables = variables
        self._log = data_dir / "supervisor.log"
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._family: list[psutil.Process] = []

    @property
    def settings(self) -> Settings:
        """Of the servers that run now."""
        given = {"AUTOANNOTATE_DATA_DIR": str(self.data_dir), "AUTOANNOTATE_PORT": str(self.port), **self._variables}
        urls = {"DATABASE_URL": start_postgres(self.data_dir).url, "REDIS_URL": start_valkey(self.data_dir).url}
        return load_settings({**given, **urls})

    def up(self) -> None:
        """Start, or start afresh: what the supervisor remembers of earlier deaths is forgotten."""
        if self._supervisor is not None:
            self.down()
        own = {"AUTOANNOTATE_DATA_DIR": str(self.data_dir), "AUTOANNOTATE_PORT": str(self.port)}
        inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        begin = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "cli", "up"],
                cwd=ROOT,
                env={**inherited, "AUTOANNOTATE_TASKS": TASKS, **self._variables, **own},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_S
        while b"is ready" not in self._log.read_bytes()[begin:]:
            assert self._supervisor.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def down(self) -> None:
        """In order, and everything has ended."""
        if self._supervisor is None:
            return
        self.wake()
        family = psutil.Process(self._supervisor.pid).children(recursive=True)
        self._supervisor.send_signal(signal.SIGTERM)
        self._supervisor.wait(60)
        self._supervisor = None
        _, alive = psutil.wait_procs(family, timeout=30)
        for process in alive:
            process.kill()
        assert alive == [], self.said()

    def wake(self) -> None:
        """Nobody is frozen any more."""
        assert self._supervisor is not None
        supervisor = psutil.Process(self._supervisor.pid)
        for process in (supervisor, *supervisor.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)

    def said(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]

    def processes(self, role: Role) -> list[psutil.Process]:
        """Those of `role` that run now, the oldest first; of PostgreSQL the postmaster alone."""
        assert self._supervisor is not None
        supervisor = psutil.Process(self._supervisor.pid)
        found = []
        for process in supervisor.children(recursive=role == "child"):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                # Valkey writes its whole title into its first word.
                if any(word.partition(" ")[0].rpartition("/")[2] == WORDS[role] for word in process.cmdline()):
                    found.append(process)
        return sorted(found, key=psutil.Process.create_time)

    def signal(self, role: Role, number: signal.Signals) -> None:
        """To every process of `role`."""
        for process in self.processes(role):
            process.send_signal(number)

    def empty_valkey(self) -> None:
        """Valkey is killed and comes back with nothing."""
        assert self._supervisor is not None
        while not self.processes("valkey"):
            time.sleep(0.01)
        # So that the supervisor does not bring it back before it is empty.
        self._supervisor.send_signal(signal.SIGSTOP)
        try:
            (valkey,) = self.processes("valkey")
            valkey.kill()
            while valkey.is_running() and valkey.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.01)
            for entry in (self.data_dir / "valkey" / "data").iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        finally:
            self._supervisor.send_signal(signal.SIGCONT)


@contextmanager
def running_fleet(**variables: str) -> Iterator[Fleet]:
    # Not pytest's own folder: that is closed to the ordinary user that PostgreSQL runs as when we are root.
    data_dir = Path(tempfile.mkdtemp(prefix="autoannotate-faults-"))
    data_dir.chmod(0o711)
    fleet = Fleet(data_dir, **variables)
    try:
        fleet.up()
        yield fleet
    finally:
        fleet.down()
        shutil.rmtree(data_dir, ignore_errors=True)
