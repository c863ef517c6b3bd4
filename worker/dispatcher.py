"""Which jobs run now: one heavy and two light ones at a time, the most urgent first."""

import asyncio
import contextlib
import logging

from adapters.jobs import JobBoard
from adapters.settings import Settings
from worker.attempt import DATABASE_AWAY, Attempt
from worker.tasks import HEAVY_KINDS, LIGHT_KINDS

log = logging.getLogger("autoannotate.worker")

ROOM = ((HEAVY_KINDS, 1), (LIGHT_KINDS, 2))
LOOK_EVERY_S = 2.0


class Dispatcher:
    """Looks into the queue when it is nudged, when a job has ended, and every other second: no nudge is needed."""

    def __init__(self, board: JobBoard, settings: Settings) -> None:
        self._board = board
        self._settings = settings
        self._nudged = asyncio.Event()
        self._stopping = False
        self._running: dict[asyncio.Task[None], Attempt] = {}

    @property
    def attempts(self) -> list[Attempt]:
        return list(self._running.values())

    def nudge(self) -> None:
        """Something may wait. Quiet when there is no room."""
        self._nudged.set()

    async def serve(self) -> None:
        """Until `stop`; the children are ended and their jobs queued again before this returns."""
        while not self._stopping:
            self._nudged.clear()
            try:
                await self._board.reap({attempt.claim.job_id for attempt in self.attempts})
                await self._fill()
            except DATABASE_AWAY as away:
                log.warning("the database is away: %s", away)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), LOOK_EVERY_S)

        for attempt in self.attempts:
            attempt.stop()
        if self._running:
            await asyncio.wait(self._running)

    def stop(self) -> None:
        self._stopping = True
        self.nudge()

    async def _fill(self) -> None:
        for kinds, room in ROOM:
            for job_id in await self._board.next_queued(kinds):
                if self._stopping or sum(attempt.claim.kind in kinds for attempt in self.attempts) >= room:
                    break
                claim = await self._board.claim(job_id)
                if claim is not None:
                    self._start(Attempt(self._board, self._settings, claim))

    def _start(self, attempt: Attempt) -> None:
        task = asyncio.create_task(attempt.run(), name=f"job {attempt.claim.job_id}")
        self._running[task] = attempt
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        attempt = self._running.pop(task)
        if not task.cancelled() and (broken := task.exception()) is not None:
            # Its lease runs out and the reaper puts the job back.
            log.error("job %s: the worker itself failed", attempt.claim.job_id, exc_info=broken)
        self.nudge()
