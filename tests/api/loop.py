"""A real worker beside the real API, and the whole loop in the words of a test."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psutil

from adapters.clock import new_id
from adapters.database import open_pool
from adapters.event_store import PostgresEventStore
from adapters.settings import Settings
from domain.execute import JOB, Decision, Executor, Look
from domain.ids import LOCAL_ACTOR
from domain.job import JobState, decide_cancel, effects_of_ending
from tests.api.conftest import Api
from tests.conftest import ROOT
from worker.import_.records import ImportImage

SHARED = ROOT.parent / "shared"


async def cancel_waiting_jobs(settings: Settings) -> None:
    pool = await open_pool(settings.database_url, size=2)
    store = PostgresEventStore(pool)
    await store.start()
    executor = Executor(store, new_id)

    async def decide(state: JobState, _look: Look) -> Decision:
        (cancelled,) = decide_cancel(state)
        return Decision([cancelled], also=effects_of_ending(state, cancelled))

    for row in await pool.fetch("SELECT job_id, project_id FROM jobs WHERE state = 'queued'"):
        await executor.execute(JOB, row["job_id"], decide, project_id=row["project_id"], actor_id=LOCAL_ACTOR)
    await store.stop()
    await pool.close()


@contextmanager
def running_worker(settings: Settings, **environment: str) -> Iterator[None]:
    """What other tests left waiting is cancelled first: the worker would do that before what its own tests ask for."""
    asyncio.run(cancel_waiting_jobs(settings))
    process = subprocess.Popen(
        [sys.executable, "-m", "worker.main"],
        cwd=ROOT,
        env={**os.environ, **settings.environment(), "OMP_NUM_THREADS": "1", **environment},
        start_new_session=True,
    )
    try:
        yield
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            descendants = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            process.wait(30)
            _, alive = psutil.wait_procs(descendants, timeout=5)
            for left in alive:
                left.kill()


class Loop:
    """One project and its truth."""

    def __init__(self, api: Api, project_id: str) -> None:
        self.api = api
        self.project_id = project_id
        self.categories: dict[str, str] = {}
        self.truth: dict[str, ImportImage] = {}

    def upload(self, images: Sequence[ImportImage]) -> list[str]:
        """Image ids, in the order of `images`."""
        files = [("files", (image.file_name, _content(image.path), "image/*")) for image in images]
        registered = self.api.call("POST", f"/api/projects/{self.project_id}/images", 201, files=files)["registered"]
        ids = {one["file_name"]: one["id"] for one in registered}
        self.truth |= {ids[image.file_name]: image for image in images}
        return [ids[image.file_name] for image in images]

    def label(self, image_id: str) -> None:
        """As its truth says, drawn by hand and submitted."""
        drawn = [
            {
                "type": "draw_annotation",
                "annotation_id": str(new_id()),
                "category_id": self.category(name),
                "geometry": msgspec.to_builtins(geometry),
            }
            for name, geometry in self.truth[image_id].shapes
        ]
        self.api.commands(image_id, *drawn, {"type": "submit"})

    def category(self, name: str) -> str:
        if name not in self.categories:
            self.categories[name] = self.api.category(self.project_id, name)
        return self.categories[name]

    def start(self, what: str, **body: Any) -> Any:
        return self.api.call("POST", f"/api/projects/{self.project_id}/{what}", 202, json=body)

    def finished(self, job: Any, state: str = "succeeded", within_s: float = 280) -> Any:
        """The job, once it has ended as expected."""
        deadline = time.monotonic() + within_s
        while (now := self.api.call("GET", f"/api/jobs/{job['id']}"))["state"] in ("queued", "running"):
            assert time.monotonic() < deadline, now
            time.sleep(0.1)
        assert now["state"] == state, f"{now['error']}\n{now['error_tail']}\n{now['log_tail']}"
        return now

    def events(self, *types: str) -> list[Any]:
        after, found = 0, []
        while True:
            page = self.api.call(
                "GET", f"/api/projects/{self.project_id}/events", params={"after": after, "limit": 500}
            )
            found += [event for event in page["items"] if not types or event["type"] in types]
            if page["next"] is None:
                return found
            after = page["next"]


def _content(path: Path | None) -> bytes:
    assert path is not None
    return path.read_bytes()


def is_id(text: str) -> bool:
    return str(UUID(text)) == text
