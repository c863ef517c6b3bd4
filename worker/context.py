"""What a task gets and what it gives back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec

from adapters.event_store import PostgresEventStore
from adapters.settings import Settings
from domain.events import Event
from domain.execute import Executor
from domain.ports import BlobStore, Guard


class Order(msgspec.Struct, frozen=True):
    """One attempt at a job, as the worker hands it to the child on stdin."""

    job_id: UUID
    project_id: UUID
    kind: str
    payload: dict[str, Any]
    fence: int
    attempt: int
    work_dir: str
    parent_pid: int


class Reporter(Protocol):
    def __call__(self, progress: float, message: str, log: str | None = None) -> None:
        """`progress` 0 to 1, `message` one line, `log` whole lines for the job's log. From any thread, any often."""
        ...


class Completion(msgspec.Struct, frozen=True):
    """The job is done: `result` for `job.succeeded`, and what is appended to other streams in the same breath."""

    result: Mapping[str, Any]
    also: Sequence[tuple[UUID, int | None, Sequence[Event]]] = ()
    """(stream_id, expected_version, events)."""


@dataclass(frozen=True)
class TaskContext:
    settings: Settings
    pool: asyncpg.Pool
    store: PostgresEventStore
    executor: Executor
    blobs: BlobStore
    job_id: UUID
    project_id: UUID
    payload: Mapping[str, Any]
    fence: int
    attempt: int
    work_dir: Path
    """Empty, this attempt's own, removed after it."""
    report: Reporter = field(repr=False)
    until_end: AsyncExitStack = field(repr=False)
    """Closed when the job's ending is in the log: for what must be held until then."""

    def guard(self) -> Guard:
        """For events appended before the end: refused once the job was cancelled, queued again or taken over."""
        return Guard(self.job_id, self.fence)


Task = Callable[[TaskContext], Awaitable[Completion]]
