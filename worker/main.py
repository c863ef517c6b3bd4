"""`python -m worker.main`: takes jobs and runs each in a process of its own, until TERM or Ctrl-C.

PostgreSQL says what there is to do; arq only says "look now" (architecture.md section 4).
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import arq
from redis.exceptions import RedisError

from adapters.clock import new_id
from adapters.database import open_pool
from adapters.event_store import PostgresEventStore
from adapters.jobs import QUEUE_NAME, JobBoard, pack, redis_settings, unpack
from adapters.settings import Settings, SettingsError, load_settings
from domain.execute import Executor
from worker.attempt import DATABASE_AWAY
from worker.dispatcher import Dispatcher
from worker.reactions import keep_reacting
from worker.searching import keep_searcher

log = logging.getLogger("autoannotate.worker")

REGISTER_EVERY_S = 5.0
REDIS_DELAYS_S = (0.5, 1.0, 2.0, 5.0)
REDIS_AWAY = (RedisError, OSError, TimeoutError)


async def run_job(ctx: dict[Any, Any], job_id: str) -> None:
    """The nudge. It returns at once: how long a job runs, and whether it ran, is none of arq's business."""
    log.debug("nudged for job %s", job_id)
    ctx["dispatcher"].nudge()


async def take_nudges(settings: Settings, dispatcher: Dispatcher) -> None:
    """arq's loop dies at the first disconnect, so it is started again, later and later while Redis stays away."""
    failures = 0
    while True:
        worker = arq.Worker(
            functions=[run_job],
            redis_settings=redis_settings(settings.redis_url),
            queue_name=QUEUE_NAME,
            handle_signals=False,
            keep_result=0,
            poll_delay=0.05,
            job_timeout=10,
            health_check_interval=10,
            job_serializer=pack,
            job_deserializer=unpack,
            log_results=False,
            ctx={"dispatcher": dispatcher},
        )
        started = asyncio.get_running_loop().time()
        try:
            await worker.main()
        except REDIS_AWAY as away:
            failures = 0 if asyncio.get_running_loop().time() - started > REDIS_DELAYS_S[-1] * 2 else failures
            if not failures:
                log.warning("Redis is away (%s); jobs start up to two seconds later", away)
            await asyncio.sleep(REDIS_DELAYS_S[min(failures, len(REDIS_DELAYS_S) - 1)])
            failures += 1
        finally:
            with contextlib.suppress(*REDIS_AWAY, asyncio.CancelledError):
                await worker.close()


async def keep_registered(board: JobBoard) -> None:
    device = "cuda" if await asyncio.to_thread(Path("/dev/nvidiactl").exists) else "cpu"
    while True:
        with contextlib.suppress(*DATABASE_AWAY):
            await board.register(device)
        await asyncio.sleep(REGISTER_EVERY_S)


async def serve(settings: Settings) -> None:
    """Until TERM or INT; the children are then ended and their jobs queued again."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    pool = await open_pool(settings.database_url, size=6)
    relaxed_pool = await open_pool(settings.database_url, size=3, durable=False)
    store = PostgresEventStore(pool)
    await store.start()
    worker = f"{socket.gethostname()}-{os.getpid()}"
    board = JobBoard(pool, relaxed_pool, Executor(store, new_id), worker, settings.lease_s)
    dispatcher = Dispatcher(board, settings)
    dispatching = asyncio.create_task(dispatcher.serve(), name="dispatcher")
    duties = [
        asyncio.create_task(take_nudges(settings, dispatcher), name="nudges"),
        asyncio.create_task(keep_registered(board), name="registration"),
        asyncio.create_task(keep_reacting(pool, Executor(store, new_id), DATABASE_AWAY), name="reactions"),
        asyncio.create_task(keep_searcher(settings), name="searcher"),
    ]
    ending = asyncio.create_task(stopping.wait())
    done, _ = await asyncio.wait([dispatching, *duties, ending], return_when=asyncio.FIRST_COMPLETED)
    for duty in duties:
        duty.cancel()
    await asyncio.gather(*duties, return_exceptions=True)
    # It may be claiming: a claim that is cut short would wait for its lease to run out.
    dispatcher.stop()
    await asyncio.wait([dispatching])
    with contextlib.suppress(*DATABASE_AWAY):
        await board.sign_off()
    await store.stop()
    await relaxed_pool.close()
    await pool.close()
    for task in done:
        # A duty never ends by itself: whatever it raised ends the worker, and the supervisor starts another.
        task.result()


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="worker: %(message)s", stream=sys.stderr)
    try:
        asyncio.run(serve(load_settings()))
    except SettingsError as wrong:
        sys.exit(f"worker: {wrong}")


if __name__ == "__main__":
    main()
