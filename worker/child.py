"""`python -m worker.child`: one attempt at one job. The order comes on stdin, reports leave on stdout.

Exit 0: the job has ended, or is not ours any more. Anything else is a broken attempt, and stderr says why.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import msgspec

from adapters.blobs import open_blob_store
from adapters.clock import new_id
from adapters.database import open_pool
from adapters.event_store import PostgresEventStore
from adapters.settings import load_settings
from domain.errors import Conflict, DomainError, Unavailable
from domain.events import Event, JobFailed, JobSucceeded, NewEvent
from domain.execute import Executor
from domain.ids import LOCAL_ACTOR
from domain.job import JobState, effects_of_ending
from domain.ports import Append, StreamAppend
from worker.context import Order, TaskContext
from worker.last_words import storable
from worker.parent import die_with
from worker.reports import Reports
from worker.tasks import task_for

PATIENCE_S = 600.0
"""How long a finished job waits for a database that is away, before its work is given up."""


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    die_with(order.parent_pid)
    # Libraries print to stdout, and some ask on stdin; the pipes are for reports and their answers alone.
    reports, answers = os.dup(1), os.dup(0)
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    asyncio.run(_attempt(order, Reports(reports, answers)))


async def _attempt(order: Order, reports: Reports) -> None:
    settings = load_settings()
    async with AsyncExitStack() as stack:
        pool = await open_pool(settings.database_url, size=4)
        stack.push_async_callback(pool.close)
        store = PostgresEventStore(pool)
        await store.start()
        stack.push_async_callback(store.stop)
        context = TaskContext(
            settings=settings,
            pool=pool,
            store=store,
            executor=Executor(store, new_id),
            blobs=open_blob_store(settings.blob_url),
            job_id=order.job_id,
            project_id=order.project_id,
            payload=order.payload,
            fence=order.fence,
            attempt=order.attempt,
            work_dir=Path(order.work_dir),
            report=reports,
            until_end=stack,
        )
        await _run(context, order, reports)


async def _run(context: TaskContext, order: Order, reports: Reports) -> None:
    try:
        completion = await task_for(order.kind)(context)
    except DomainError as refusal:
        # A server that is away, or a race that was lost, may be otherwise next time; the rest would fail alike.
        if isinstance(refusal, Unavailable) or type(refusal) is Conflict:
            raise
        failed = JobFailed(storable(refusal.detail))
        state = JobState(order.job_id, kind=order.kind, payload=order.payload)
        await reports.settled()
        await _end(context, failed, effects_of_ending(state, failed))
    else:
        await reports.settled()
        await _end(context, JobSucceeded(dict(completion.result)), completion.also)


async def _end(context: TaskContext, ending: Event, also: Sequence[tuple[UUID, int | None, Sequence[Event]]]) -> None:
    """Ending and effects in one append that carries the fence; refused if the attempt is not ours any more."""
    append = Append(
        streams=[
            StreamAppend(stream_id, expected, [NewEvent(new_id(), event) for event in events])
            for stream_id, expected, events in [(context.job_id, context.fence, [ending]), *also]
        ],
        project_id=context.project_id,
        actor_id=LOCAL_ACTOR,
    )
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        try:
            appended = await context.store.append(append)
        except Unavailable:
            # The same event ids again: whatever was stored meanwhile answers as a duplicate.
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(1)
        else:
            break
    if appended.status == "conflict" and appended.stream_id != context.job_id:
        raise RuntimeError(f"what the job was to fill has changed meanwhile: stream {appended.stream_id}")


if __name__ == "__main__":
    main()
