"""Keeps the searcher's process running beside the jobs: what a person waits for never waits behind training."""

import asyncio
import contextlib
import logging
import os

from adapters.settings import Settings
from worker.child_process import ChildProcess

log = logging.getLogger("autoannotate.worker")

FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 30.0
STEADY_S = 60.0


async def keep_searcher(settings: Settings) -> None:
    """Until cancelled; a searcher that ends is started again, later and later while it keeps ending."""
    clock = asyncio.get_running_loop().time
    delay = FIRST_DELAY_S
    environment = {"OMP_NUM_THREADS": "1", **os.environ, **settings.environment()}
    while True:
        started = clock()
        child = await ChildProcess.start(
            ["worker.searcher"], environment, f"{os.getpid()}\n".encode(), lambda _line: None
        )
        try:
            while not await child.ended(60):
                pass
        finally:
            await child.close()
        if clock() - started > STEADY_S:
            delay = FIRST_DELAY_S
        if child.how_it_ended() != "its process ended with status 0":
            log.warning("the searcher ended: %s", child.how_it_ended())
        with contextlib.suppress(TimeoutError):
            await asyncio.sleep(delay)
        delay = min(delay * 2, LONGEST_DELAY_S)
