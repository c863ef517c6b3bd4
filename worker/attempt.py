"""One attempt at a job, from the worker's side: its child, its lease, its cancellation, its end."""

import asyncio
import contextlib
import logging
import os
import shutil
from pathlib import Path

import msgspec

from adapters import database
from adapters.jobs import HEARTBEATS_PER_LEASE, Claim, JobBoard
from adapters.settings import Settings
from domain.errors import Unavailable
from worker.child_process import ChildProcess
from worker.context import Order
from worker.last_words import LastWords
from worker.reports import Report
from worker.tasks import LIGHT_KINDS

log = logging.getLogger("autoannotate.worker")

LOOK_S = 0.5
"""How often the job's standing is read: a cancellation reaches the child within this."""
GRACE_S = 5.0
PROGRESS_EVERY_S = 0.25
LOG_KEPT = 8_000
DATABASE_AWAY = (*database.DATABASE_AWAY, Unavailable)


class Attempt:
    def __init__(self, board: JobBoard, settings: Settings, claim: Claim) -> None:
        self.claim = claim
        self._board = board
        self._settings = settings
        self._stopping = asyncio.Event()
        self._report = Report(0.0, "")
        self._unsaid, self._waited_for = asyncio.Event(), asyncio.Event()
        self._log = LastWords(LOG_KEPT)

    def stop(self) -> None:
        """The worker stops: end the child and put the job back."""
        self._stopping.set()

    async def run(self) -> None:
        """Until the child has ended and the job's state says so."""
        folder = self._settings.data_dir / "work" / str(self.claim.job_id)
        # Earlier attempts of the job are over, or refused by the fence.
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        work_dir = folder / str(self.claim.fence)
        await asyncio.to_thread(work_dir.mkdir, parents=True)
        try:
            child = await ChildProcess.start(
                ["worker.child"], self._environment(work_dir), self._order(work_dir), self._hear
            )
            telling = asyncio.create_task(self._tell_progress(child))
            try:
                await self._watch(child)
            finally:
                await child.close()
                telling.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await telling
            await self._conclude(child)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _watch(self, child: ChildProcess) -> None:
        """Returns when the child has ended, by itself or because it had to."""
        clock = asyncio.get_running_loop().time
        next_beat = clock()
        while not await child.ended(LOOK_S):
            if self._stopping.is_set():
                await child.stop(GRACE_S / 2)
                return
            try:
                if clock() >= next_beat:
                    if not await self._board.extend_lease(self.claim.job_id, self.claim.fence):
                        return
                    next_beat = clock() + self._settings.lease_s / HEARTBEATS_PER_LEASE
                state, version, cancel_requested = await self._board.standing(self.claim.job_id)
            except DATABASE_AWAY:
                # Nobody else can take the job either; the child goes on.
                continue
            if state == "running" and cancel_requested:
                await child.stop(GRACE_S)
                return
            if version > self.claim.fence and state in ("running", "queued"):
                # Somebody else owns the job now. (An ended job's child is about to leave by itself.)
                return

    async def _conclude(self, child: ChildProcess) -> None:
        """A child that ended its job leaves nothing to do; else the attempt is put back, cancelled or lost."""
        job_id, fence = self.claim.job_id, self.claim.fence
        for delay in (0.2, 1, 2, 5, 10, 20, 30):
            try:
                if self._stopping.is_set():
                    await self._board.given_up(job_id, fence)
                else:
                    await self._board.lost(job_id, fence, child.how_it_ended(), child.last_words())
            except DATABASE_AWAY:
                await asyncio.sleep(delay)
            else:
                return
        log.warning("job %s: the database stays away; the reaper will end this attempt", job_id)

    async def _tell_progress(self, child: ChildProcess) -> None:
        while True:
            await self._unsaid.wait()
            self._unsaid.clear()
            report = self._report
            # Progress is lossy by contract.
            with contextlib.suppress(*DATABASE_AWAY):
                await self._board.report_progress(
                    self.claim, min(1.0, max(0.0, report.progress)), report.message, self._log.text()
                )
            if report.last:
                child.tell(b"stored\n")
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._waited_for.wait(), PROGRESS_EVERY_S)

    def _hear(self, line: bytes) -> None:
        try:
            self._report = msgspec.json.decode(line, type=Report)
        except msgspec.DecodeError:
            return
        if self._report.log:
            self._log.hear(self._report.log.rstrip("\n").encode() + b"\n")
        if self._report.last:
            self._waited_for.set()
        self._unsaid.set()

    def _order(self, work_dir: Path) -> bytes:
        claim = self.claim
        order = Order(
            claim.job_id,
            claim.project_id,
            claim.kind,
            dict(claim.payload),
            claim.fence,
            claim.attempt,
            str(work_dir),
            os.getpid(),
        )
        return msgspec.json.encode(order) + b"\n"

    def _environment(self, work_dir: Path) -> dict[str, str]:
        threads = "1" if self.claim.kind in LIGHT_KINDS else str(len(os.sched_getaffinity(0)))
        defaults = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        own = {"TMPDIR": str(work_dir), "PYTHONUNBUFFERED": "1"}
        return {**defaults, **os.environ, **self._settings.environment(), **own}
