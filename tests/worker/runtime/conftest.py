"""Real worker processes over the real servers, their tasks replaced by probes."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import psutil
import pytest
import pytest_asyncio

from adapters.clock import new_id
from adapters.jobs import Nudger
from adapters.settings import Settings
from domain import job as jobs
from domain.events import Event, JobRequested, event_type
from domain.execute import JOB, Decision, Executor
from domain.ids import LOCAL_ACTOR
from tests.conftest import ROOT

PROBE = "tests.worker.runtime.probe"
TASKS = ",".join(f"{kind}={PROBE}" for kind in ("embed", "select", "train", "predict", "export", "import"))


class WorkerProcess:
    """`python -m worker.main`, and everything it started."""

    def __init__(self, settings: Settings, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "worker.main"],
            cwd=ROOT,
            env={**os.environ, **settings.environment(), "AUTOANNOTATE_TASKS": TASKS, **environment},
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.pid = self._process.pid

    def children(self, module: str = "worker.child") -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return [child for child in psutil.Process(self.pid).children() if module in child.cmdline()]
        return []

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> str:
        """TERM, and what it said; its descendants must be gone with it."""
        with contextlib.suppress(psutil.NoSuchProcess):
            descendants = psutil.Process(self.pid).children(recursive=True)
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            said = self._process.communicate(timeout=30)[1].decode()
            _, alive = psutil.wait_procs(descendants, timeout=5)
            for process in alive:
                process.kill()
            assert alive == [], said
            return said
        return self._process.communicate()[1].decode()


class Queue:
    """What the API does with jobs, in the words of a test."""

    def __init__(self, pool: asyncpg.Pool, executor: Executor, nudger: Nudger) -> None:
        self.pool = pool
        self.executor = executor
        self._nudger = nudger
        self.project_id = new_id()
        self.effects = new_id()
        """The stream that every probe appends its one effect to."""

    async def request(self, *steps: tuple[str, Any], kind: str = "embed", nudge: bool = True) -> UUID:
        job_id = new_id()
        payload = {"steps": [list(step) for step in steps], "effect": str(self.effects)}
        await self._append(job_id, lambda _state: [JobRequested(kind, payload, 0, jobs.MAX_ATTEMPTS)])
        if nudge:
            await self._nudger.nudge(job_id)
        return job_id

    async def cancel(self, job_id: UUID) -> None:
        await self._append(job_id, jobs.decide_cancel)

    async def retry(self, job_id: UUID) -> None:
        await self._append(job_id, jobs.decide_retry)
        await self._nudger.nudge(job_id)

    async def _append(self, job_id: UUID, decide: Callable[[jobs.JobState], list[Event]]) -> None:
        async def decision(state: jobs.JobState, _look: Any) -> Decision:
            return Decision(decide(state))

        await self.executor.execute(JOB, job_id, decision, project_id=self.project_id, actor_id=LOCAL_ACTOR)

    async def row(self, job_id: UUID) -> asyncpg.Record:
        return await self.pool.fetchrow(
            "SELECT j.*, p.progress, p.message, p.log_tail FROM jobs j LEFT JOIN job_progress p USING (job_id) "
            "WHERE job_id = $1",
            job_id,
        )

    async def until(self, job_id: UUID, *states: str, within_s: float = 60) -> asyncpg.Record:
        """The job once it is in one of `states`."""
        deadline = time.monotonic() + within_s
        while (row := await self.row(job_id))["state"] not in states:
            assert time.monotonic() < deadline, f"job is {row['state']}: {row['error']} {row['error_tail']}"
            await asyncio.sleep(0.05)
        return row

    async def until_said(self, job_id: UUID, message: str) -> None:
        deadline = time.monotonic() + 60
        while (row := await self.row(job_id))["message"] != message:
            assert time.monotonic() < deadline, f"job is {row['state']}, said {row['message']!r}"
            await asyncio.sleep(0.05)

    async def history(self, job_id: UUID) -> list[str]:
        """Event types of the job, in order, without the `job.`."""
        events = await self.executor.store.read_stream(job_id)
        return [event_type(recorded.event).removeprefix("job.") for recorded in events]

    async def effect_count(self) -> int:
        return await self.pool.fetchval("SELECT count(*) FROM events WHERE stream_id = $1", self.effects)


@pytest_asyncio.fixture
async def queue(pool: asyncpg.Pool, executor: Executor, empty_settings: Settings) -> AsyncIterator[Queue]:
    nudger = Nudger(empty_settings.redis_url)
    yield Queue(pool, executor, nudger)
    await nudger.close()


@pytest.fixture
def short_lease(empty_settings: Settings) -> Settings:
    """A lease of 3 s, so that a lost one is a matter of seconds."""
    return msgspec.structs.replace(empty_settings, lease_s=3)


@pytest.fixture
def start_worker(short_lease: Settings) -> Iterator[Callable[..., WorkerProcess]]:
    """Starts workers; all of them are ended after the test."""
    started: list[WorkerProcess] = []

    def start(settings: Settings = short_lease, **environment: str) -> WorkerProcess:
        started.append(WorkerProcess(settings, **environment))
        return started[-1]

    yield start
    for worker in started:
        worker.end()
