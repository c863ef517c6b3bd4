"""Records a history while the platform is under load and faults, and collects what stands in the end."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import asyncpg
import msgspec

from adapters.database import connected
from tests.faults.history import Fault, History, LeaseSeen, Operation, Row
from tests.faults.independent_fold import KEYS

COLUMNS = ("position", "stream_id", "version", "event_id", "type", "data", "project_id", "actor_id", "command_id",
           "recorded_at")  # fmt: skip


class Recorder:
    def __init__(self, name: str, seed: int) -> None:
        self.history = History(name, seed)
        self.random = random.Random(seed)
        self.unexpected: list[str] = []
        """Answers that no fault excuses: a 500, a resync."""
        self.refusals = 0
        """503s: the platform says that it cannot now."""

    def invoke(self, writer: str, event_type: str, mark: str) -> Operation:
        operation = Operation(writer, event_type, mark, time.monotonic())
        self.history.operations.append(operation)
        return operation

    def fault(self, name: str) -> int:
        """A fault happens now; its number, for `recovered`."""
        self.history.faults.append(Fault(name, time.monotonic()))
        return len(self.history.faults) - 1

    def recovered(self, number: int) -> float:
        """The platform does again what the fault had stopped; how long that took, s."""
        fault = msgspec.structs.replace(self.history.faults[number], recovered_s=time.monotonic())
        self.history.faults[number] = fault
        return time.monotonic() - fault.at_s

    async def until_writing(self, number: int, within_s: float) -> float:
        """Waits until a command that was given after the fault is acknowledged; how long that took, s."""
        at_s = self.history.faults[number].at_s
        await until(
            lambda: any(op.outcome == "ok" and op.invoked_s > at_s for op in reversed(self.history.operations)),
            within_s,
            "nothing is acknowledged",
        )
        return self.recovered(number)

    async def pause(self, longest_s: float) -> None:
        """A random while: faults come at random points."""
        await asyncio.sleep(self.random.uniform(0, longest_s))

    async def watch_leases(self, database_url: str) -> None:
        """Until cancelled: every lease that is ever seen, in the order of the database's commits."""
        last: dict[str, int] = {}
        while True:
            try:
                async with connected(database_url) as connection:
                    while True:
                        for row in await connection.fetch("SELECT job_id::text, fence FROM job_leases"):
                            if last.get(row["job_id"]) != row["fence"]:
                                last[row["job_id"]] = row["fence"]
                                self.history.leases.append(LeaseSeen(row["job_id"], row["fence"]))
                        await asyncio.sleep(0.1)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.1)

    async def collect(self, database_url: str) -> History:
        """The log and the read models, of one moment."""
        async with connected(database_url) as connection, connection.transaction(isolation="repeatable_read"):
            rows = await connection.fetch("SELECT to_jsonb(e) - 'meta' AS row FROM events e ORDER BY position")
            self.history.log = [msgspec.json.decode(row["row"], type=Row) for row in rows]
            self.history.head = await connection.fetchval("SELECT position FROM log_head")
            for table in KEYS:
                rows = await connection.fetch(f"SELECT to_jsonb(t) AS row FROM {table} t")
                self.history.read_models[table] = [msgspec.json.decode(row["row"]) for row in rows]
        assert not self.unexpected, "\n".join(self.unexpected[:10])
        return self.history


async def until(
    happened: Callable[[], bool] | Callable[[], Awaitable[bool]], within_s: float, complaint: str | Callable[[], str]
) -> None:
    """Waits until `happened`; an assertion with `complaint` after `within_s`."""
    deadline = time.monotonic() + within_s
    while True:
        answer = happened()
        if answer is True or (answer is not False and await answer):
            return
        assert time.monotonic() < deadline, complaint if isinstance(complaint, str) else complaint()
        await asyncio.sleep(0.02)
