"""One API process on a database of its own, that can be ended and started again at the same address."""

import subprocess
import time
from uuid import UUID

import httpx
import psutil

from adapters.settings import Settings
from cli.programs import api_command, environment

START_S = 120


class FeedApi:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.settings.address

    def start(self) -> None:
        self._process = subprocess.Popen(api_command(self.settings), env=environment(self.settings))
        deadline = time.monotonic() + START_S
        while True:
            assert self._process.poll() is None, "the API ended while it started"
            assert time.monotonic() < deadline, "the API did not start"
            try:
                if httpx.get(f"{self.url}/health/live").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def feed_path(self, project_id: UUID, cursor: str) -> str:
        return f"/ws/projects/{project_id}?cursor={cursor}"

    def feed(self, project_id: UUID, cursor: str) -> str:
        return self.url.replace("http", "ws") + self.feed_path(project_id, cursor)

    def holds(self, port: int) -> bool:
        """Whether it has a connection with the client at this port."""
        assert self._process is not None
        connections = psutil.Process(self._process.pid).net_connections("tcp")
        return any(one.raddr and one.raddr.port == port for one in connections)
