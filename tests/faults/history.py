"""What was done to the platform and what was seen of it, as plain data: recorded by tests, judged by the checker."""

from pathlib import Path
from typing import Any, Literal

import msgspec

Outcome = Literal["invoked", "ok", "fail", "unknown"]


class Operation(msgspec.Struct):
    """One command of one writer, all its retries with the same key included. It makes exactly one event.

    `ok`: acknowledged. `fail`: refused, so it must not have happened. `unknown` and `invoked`: nobody knows.
    """

    writer: str
    event_type: str
    mark: str
    """What tells this command's event from every other: an id in its data, or its stream's."""
    invoked_s: float
    """On the recorder's monotonic clock."""
    ended_s: float | None = None
    outcome: Outcome = "invoked"
    position: int | None = None
    """As acknowledged."""
    tries: int = 0


class Row(msgspec.Struct, frozen=True):
    """One event as it stands in the log at the end."""

    position: int
    stream_id: str
    version: int
    event_id: str
    type: str
    data: dict[str, Any]
    project_id: str
    actor_id: str
    command_id: str | None
    recorded_at: str


class Seen(msgspec.Struct, frozen=True):
    """One event as a reader got it."""

    position: int
    stream_id: str
    version: int
    type: str


class Reading(msgspec.Struct):
    """All that one reader of a project's feed got, over all its reconnections, after `after`."""

    reader: str
    project_id: str
    after: int
    upto: int
    """Up to here the reader believes to have everything."""
    seen: list[Seen] = []


class LeaseSeen(msgspec.Struct, frozen=True):
    job_id: str
    fence: int


class Fault(msgspec.Struct, frozen=True):
    name: str
    at_s: float
    recovered_s: float | None = None
    """When the platform did again what the fault had stopped."""


class History(msgspec.Struct):
    name: str
    seed: int
    operations: list[Operation] = []
    readings: list[Reading] = []
    leases: list[LeaseSeen] = []
    faults: list[Fault] = []
    log: list[Row] = []
    head: int = 0
    read_models: dict[str, list[dict[str, Any]]] = {}
    """Table -> rows, as the platform folded them."""
    jobs_settled: bool = False
    """Whether the recorder waited until no job was queued or running."""


def save(history: History, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.encode(history))
    return file


def load(file: Path) -> History:
    return msgspec.json.decode(file.read_bytes(), type=History)
