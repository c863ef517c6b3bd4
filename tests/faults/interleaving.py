"""Plays one exact order of steps on several connections, and says what a tailing reader saw of it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import asyncpg
import msgspec

from tests.faults.logs import Log

WAIT_S = 10

Schedule = Sequence[tuple[str, str]]
"""(connection, step) in the order in which the steps are asked for."""


def interleavings(scripts: Mapping[str, Sequence[str]]) -> Iterator[Schedule]:
    """Every order of all steps that keeps each connection's own order."""
    started = False
    for name, steps in scripts.items():
        if steps:
            started = True
            for rest in interleavings({**scripts, name: steps[1:]}):
                yield [(name, steps[0]), *rest]
    if not started:
        yield []


class Played(msgspec.Struct):
    seen: list[int] = []
    """Positions in the order in which the reader got them."""
    appends: list[tuple[str, int | None]] = []
    """(writer, position or None when refused), in the order in which the database let them through."""
    committed: set[str] = set()
    waits: int = 0
    """Appends that were seen to wait for another connection's transaction."""

    def committed_positions(self) -> list[int]:
        return sorted(p for writer, p in self.appends if writer in self.committed and p is not None)


class Player:
    """Connections by name and one that watches. One that waits takes its later steps once it is let through."""

    def __init__(
        self, log: Log, connections: Mapping[str, asyncpg.Connection], watcher: asyncpg.Connection, cursor: int
    ) -> None:
        self._log = log
        self._connections = connections
        self._watcher = watcher
        self._cursor = cursor
        self._holder: str | None = None
        self._waiting: dict[str, asyncio.Task[int | None]] = {}
        self._postponed: dict[str, list[str]] = {}
        self.played = Played()

    async def play(self, schedule: Schedule, streams: Mapping[str, tuple[UUID, int | None]]) -> Played:
        """`streams`: the stream that each writer appends to and the version that it expects there."""
        for name, step in schedule:
            if name in self._waiting:
                self._postponed[name].append(step)
            else:
                await self._take(name, step, streams)
        assert not self._waiting
        await self._read(self._watcher)
        return self.played

    async def _take(self, name: str, step: str, streams: Mapping[str, tuple[UUID, int | None]]) -> None:
        connection = self._connections[name]
        match step:
            case "begin":
                await connection.execute("BEGIN")
            case "begin and append":
                await connection.execute("BEGIN")
                await self._take(name, "append", streams)
            case "append":
                append = asyncio.create_task(self._log.append(connection, *streams[name]))
                if self._log.takes_turns and self._holder is not None:
                    await self._is_seen_to_wait(connection, append)
                    self._waiting[name], self._postponed[name] = append, []
                else:
                    self._let_through(name, await asyncio.wait_for(append, WAIT_S))
            case "read":
                await self._read(connection)
            case "commit" | "rollback":
                await connection.execute(step)
                if step == "commit":
                    self.played.committed.add(name)
                if self._holder == name:
                    self._holder = None
                    await self._next_holder(streams)

    async def _next_holder(self, streams: Mapping[str, tuple[UUID, int | None]]) -> None:
        if not self._waiting:
            return
        done, _ = await asyncio.wait(self._waiting.values(), timeout=WAIT_S, return_when=asyncio.FIRST_COMPLETED)
        (task,) = done
        name = next(n for n, t in self._waiting.items() if t is task)
        del self._waiting[name]
        self._let_through(name, task.result())
        for step in self._postponed.pop(name):
            await self._take(name, step, streams)

    def _let_through(self, name: str, position: int | None) -> None:
        self._holder = name
        self.played.appends.append((name, position))

    async def _is_seen_to_wait(self, connection: asyncpg.Connection, append: asyncio.Task[int | None]) -> None:
        pid = connection.get_server_pid()
        async with asyncio.timeout(WAIT_S):
            while not await self._watcher.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid):
                assert not append.done(), "an append did not wait for the transaction before it"
        self.played.waits += 1

    async def _read(self, connection: asyncpg.Connection) -> None:
        positions = await self._log.read_after(connection, self._cursor)
        self.played.seen += positions
        self._cursor = max([self._cursor, *positions])
