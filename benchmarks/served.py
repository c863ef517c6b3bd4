"""An API of one's own beside its PostgreSQL and Valkey, whose processes can be measured; a worker where one asks."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import psutil

from adapters.embedded_postgres import start_postgres
from adapters.embedded_valkey import start_valkey
from adapters.settings import Settings, load_settings
from cli.programs import api_command, environment, migrate_command, worker_command


class Platform(msgspec.Struct):
    url: str
    api: psutil.Process
    postgres: psutil.Process
    variables: Mapping[str, str]

    def cpu_seconds(self) -> float:
        """Of the API and of PostgreSQL with its backends, the ended ones too."""
        processes = [self.api, self.postgres, *self.postgres.children(recursive=True)]
        total = 0.0
        for process in processes:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        times = self.postgres.cpu_times()
        return total + times.children_user + times.children_system

    def api_megabytes(self) -> float:
        return self.api.memory_info().rss / 1e6

    def api_has_loaded(self, library: str) -> bool:
        """Whether a file of the package is mapped into the API's memory."""
        return any(f"/{library}/" in region.path for region in self.api.memory_maps())


@contextmanager
def platform() -> Iterator[Platform]:
    """On a data folder that is left behind in the system's temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="autoannotate-bench-"))
    folder.chmod(0o755)
    postgres, valkey = start_postgres(folder), start_valkey(folder)
    settings: Settings = msgspec.structs.replace(
        load_settings({"AUTOANNOTATE_DATA_DIR": str(folder), "AUTOANNOTATE_PORT": str(free_port())}),
        given_database_url=postgres.url,
        given_redis_url=valkey.url,
    )
    variables = {**os.environ, **environment(settings)}
    subprocess.run(migrate_command(), env=variables, check=True, capture_output=True)
    api = subprocess.Popen(api_command(settings), env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: httpx.get(f"{settings.address}/health/live").status_code == 200)
        yield Platform(settings.address, psutil.Process(api.pid), psutil.Process(postgres.pid), variables)
    finally:
        api.terminate()
        api.wait(20)
        valkey.stop()
        postgres.stop()


@contextmanager
def working(server: Platform) -> Iterator[None]:
    """With a worker that takes the platform's jobs."""
    worker = subprocess.Popen(worker_command(), env=server.variables, stdout=subprocess.DEVNULL)
    try:
        time.sleep(3)
        yield
    finally:
        worker.terminate()
        worker.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(ready: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the API did not start")
