"""The platform over its HTTP API, and a platform of one's own for as long as a benchmark runs."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from cli.programs import ROOT

START_S = 180
UPLOADED_AT_ONCE = 50

Watch = Callable[[dict[str, Any]], None]


class JobFailed(RuntimeError):
    pass


class Client:
    def __init__(self, address: str) -> None:
        self.address = address
        self._http = httpx.Client(base_url=address, timeout=120)

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        return self._answer(self._http.get(path, params=params))

    def post(self, path: str, body: Any) -> Any:
        return self._answer(self._http.post(path, json=body))

    def patch(self, path: str, body: Any) -> Any:
        return self._answer(self._http.patch(path, json=body))

    def content(self, path: str) -> bytes:
        return self._http.get(path).raise_for_status().content

    def upload(self, project_id: str, files: Sequence[Path]) -> None:
        for start in range(0, len(files), UPLOADED_AT_ONCE):
            part = files[start : start + UPLOADED_AT_ONCE]
            parts = [("files", (path.name, path.read_bytes(), "application/octet-stream")) for path in part]
            answer = self._answer(self._http.post(f"/api/projects/{project_id}/images", files=parts))
            if answer["rejected"]:
                raise RuntimeError(f"pictures were refused: {answer['rejected'][:3]}")

    def images(self, project_id: str, **filters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = self.get(
                f"/api/projects/{project_id}/images", limit=500, **({"after": after} if after else {}), **filters
            )
            found += page["items"]
            after = page["next"]
            if after is None:
                return found

    def job(self, path: str, body: Any, watch: Watch | None = None) -> dict[str, Any]:
        """Ask for a job and wait for it; the reply, its `job` ended. Raises JobFailed with its last words."""
        reply = self.post(path, body)
        while True:
            job = self.get(f"/api/jobs/{reply['job']['id']}")
            if watch is not None:
                watch(job)
            if job["state"] not in ("queued", "running"):
                break
            time.sleep(0.2)
        if job["state"] != "succeeded":
            raise JobFailed(f"{job['kind']} {job['state']}: {job['error']}\n{job['error_tail'] or ''}")
        return {**reply, "job": job}

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        if response.is_error:
            raise RuntimeError(f"{response.request.method} {response.request.url.path}: {response.text[:2000]}")
        return response.json()


@contextmanager
def own_platform(data_dir: Path, **environment: str) -> Iterator[Client]:
    """`autoannotate up` with `data_dir` on a free port; everything is stopped at the end, the data stays."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    variables = {**os.environ, "AUTOANNOTATE_DATA_DIR": str(data_dir), "AUTOANNOTATE_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "up"],
        cwd=ROOT,
        env=variables | environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_until_ready(process, address)
        with closing(Client(address)) as client:
            yield client
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait_until_ready(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the platform did not start: exit status {process.returncode}")
        try:
            if httpx.get(f"{address}/health/live", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"the platform was not ready within {START_S} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
