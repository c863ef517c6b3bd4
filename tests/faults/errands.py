"""Jobs asked for as the API asks for them, their work done by a probe that has one effect each."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from adapters.clock import new_id
from adapters.database import open_pool
from adapters.event_store import PostgresEventStore
from adapters.jobs import Nudger
from adapters.settings import Settings
from domain.errors import Unavailable
from domain.events import JobRequested, NewEvent
from domain.ids import LOCAL_ACTOR
from domain.job import MAX_ATTEMPTS
from domain.ports import Append, StreamAppend
from tests.faults.recorder import Recorder

ENDED = ("succeeded", "failed", "cancelled")
AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


class Errands:
    def __init__(self, pool: asyncpg.Pool, store: PostgresEventStore, nudger: Nudger, recorder: Recorder) -> None:
        self._pool = pool
        self._store = store
        self._nudger = nudger
        self._recorder = recorder
        self.asked: list[str] = []

    async def ask(self, *steps: tuple[str, Any], kind: str = "export") -> str:
        """A job of these steps (tests/worker/runtime/probe.py), and one effect at its end."""
        job_id = new_id()
        payload = {"steps": [list(step) for step in steps], "effect": str(new_id())}
        requested = NewEvent(new_id(), JobRequested(kind, payload, 0, MAX_ATTEMPTS))
        append = Append([StreamAppend(job_id, 0, [requested])], job_id, LOCAL_ACTOR)
        operation = self._recorder.invoke("errands", "job.requested", str(job_id))
        while operation.outcome != "ok":
            operation.tries += 1
            try:
                appended = await self._store.append(append)
            except Unavailable:
                continue
            assert appended.status != "conflict", appended
            operation.outcome, operation.ended_s, operation.position = "ok", time.monotonic(), appended.position
        self.asked.append(str(job_id))
        await self._nudger.nudge(job_id)
        return str(job_id)

    async def row(self, job_id: str) -> asyncpg.Record:
        while True:
            try:
                return await self._pool.fetchrow(
                    "SELECT j.state, j.attempt, j.version, j.error, j.error_tail, p.message FROM jobs j "
                    "LEFT JOIN job_progress p USING (job_id) WHERE job_id = $1::text::uuid",
                    job_id,
                )
            except AWAY:
                await asyncio.sleep(0.05)

    async def until(self, job_id: str, *states: str, attempt: int = 0, within_s: float = 120) -> asyncpg.Record:
        """The job once it is in one of `states`, in its `attempt`-th attempt or a later one."""
        deadline = time.monotonic() + within_s
        while (row := await self.row(job_id))["state"] not in states or row["attempt"] < attempt:
            assert time.monotonic() < deadline, f"job {job_id} is {dict(row)} after {within_s} s"
            await asyncio.sleep(0.02)
        return row

    async def until_tried_again(self, job_id: str, within_s: float = 120) -> None:
        """In another attempt than its first, or done already: the fault may have come too late for it."""
        deadline = time.monotonic() + within_s
        while (row := await self.row(job_id))["state"] != "succeeded" and (
            row["state"] != "running" or row["attempt"] < 2
        ):
            assert time.monotonic() < deadline, f"job {job_id} is {dict(row)} after {within_s} s"
            await asyncio.sleep(0.02)

    async def until_said(self, job_id: str, message: str, within_s: float = 120) -> None:
        deadline = time.monotonic() + within_s
        while (row := await self.row(job_id))["message"] != message:
            assert time.monotonic() < deadline, f"job {job_id} is {dict(row)}"
            await asyncio.sleep(0.02)

    async def settle(self, within_s: float = 240) -> None:
        """Waits until every job that was asked for has ended."""
        for job_id in self.asked:
            await self.until(job_id, *ENDED, within_s=within_s)
        self._recorder.history.jobs_settled = True

    async def none_failed(self) -> None:
        for job_id in self.asked:
            row = await self.row(job_id)
            assert row["state"] == "succeeded", dict(row)


@asynccontextmanager
async def running_errands(settings: Settings, recorder: Recorder) -> AsyncIterator[Errands]:
    pool = await open_pool(settings.database_url, size=4)
    store = PostgresEventStore(pool)
    await store.start()
    nudger = Nudger(settings.redis_url)
    watching = asyncio.create_task(recorder.watch_leases(settings.database_url))
    try:
        yield Errands(pool, store, nudger, recorder)
    finally:
        watching.cancel()
        await asyncio.wait([watching])
        await nudger.close()
        await store.stop()
        await pool.close()
