"""People at work: writers and listeners on one project, from the first fault until everything has come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.checker import require_sound
from tests.faults.gestures import Project, Writer, new_project
from tests.faults.listener import Listener
from tests.faults.recorder import Recorder, until


class Load:
    def __init__(self, project: Project, writers: list[Writer], listeners: list[Listener]) -> None:
        self.project = project
        self.writers = writers
        self.listeners = listeners

    @property
    def acknowledged(self) -> int:
        return sum(writer.acknowledged for writer in self.writers)


@asynccontextmanager
async def under_load(
    address: str, recorder: Recorder, *, writers: int = 4, listeners: int = 2, pause_s: float = 0.03, name: str = ""
) -> AsyncIterator[Load]:
    """While open, people write and listen."""
    project = await new_project(address)
    load = Load(
        project,
        [Writer(f"writer {name}{n}", address, project, recorder) for n in range(writers)],
        [Listener(f"listener {name}{n}", address, project.id, recorder) for n in range(listeners)],
    )
    tasks = [asyncio.create_task(listener.listen()) for listener in load.listeners]
    working = []
    try:
        await until(lambda: all(one.connections for one in load.listeners), 120, "nobody could listen")
        working = [asyncio.create_task(writer.work(pause_s)) for writer in load.writers]
        await until(lambda: all(one.acknowledged for one in load.writers), 120, "nobody could write")
        yield load
        await asyncio.sleep(0.2)
    finally:
        # Listeners stay, so that they get what the writers did last.
        await _cancel(working)
        try:
            await _until_all_is_heard(load, recorder)
        finally:
            await _cancel(tasks)


async def _until_all_is_heard(load: Load, recorder: Recorder) -> None:
    names = {writer.name for writer in load.writers}
    last = max((op.position or 0 for op in recorder.history.operations if op.writer in names), default=0)
    for listener in load.listeners:
        await listener.until(last)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        await asyncio.wait([task])
        if not task.cancelled() and (broken := task.exception()) is not None:
            raise broken


async def judged(recorder: Recorder, database_url: str, folder: Path) -> None:
    """Collects what stands in the end and lets the checker decide."""
    require_sound(await recorder.collect(database_url), folder)
