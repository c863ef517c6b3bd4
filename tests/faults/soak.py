"""Twelve writers with rollbacks and readers that restart, on one log for a while."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
import msgspec

from adapters.clock import new_id
from adapters.database import prepare_connection
from tests.faults.logs import Log

Connect = Callable[[], AbstractAsyncContextManager[asyncpg.Connection]]

WRITERS = 12
READERS = 4
ROLLED_BACK = 0.05
DAWDLING = 0.3
"""The share of writers' transactions that stay open for up to 4 ms after their append."""


class Soaked(msgspec.Struct):
    committed: list[int]
    rolled_back: int
    seen: list[list[int]]
    """Per reader, in the order in which it got them."""
    restarts: int

    def skipped(self) -> int:
        return max(len(set(self.committed) - set(seen)) for seen in self.seen)


async def soak(log: Log, connect: Connect, seconds: float, seed: int) -> Soaked:
    soaked = Soaked([], 0, [[] for _ in range(READERS)], 0)
    writing_ended = asyncio.Event()
    readers = [
        asyncio.create_task(_read(log, connect, soaked, seen, writing_ended, random.Random(f"{seed} reader {n}")))
        for n, seen in enumerate(soaked.seen)
    ]
    try:
        async with asyncio.TaskGroup() as writers:
            for n in range(WRITERS):
                writers.create_task(_write(log, connect, soaked, seconds, random.Random(f"{seed} writer {n}")))
    finally:
        writing_ended.set()
        await asyncio.gather(*readers)
    soaked.committed.sort()
    return soaked


async def _write(log: Log, connect: Connect, soaked: Soaked, seconds: float, chance: random.Random) -> None:
    end = asyncio.get_running_loop().time() + seconds
    async with connect() as connection:
        while asyncio.get_running_loop().time() < end:
            await connection.execute("BEGIN")
            position = await log.append(connection, new_id(), None)
            assert position is not None
            if chance.random() < DAWDLING:
                await asyncio.sleep(chance.uniform(0, 0.004))
            if chance.random() < ROLLED_BACK:
                await connection.execute("ROLLBACK")
                soaked.rolled_back += 1
            else:
                await connection.execute("COMMIT")
                soaked.committed.append(position)


async def _read(
    log: Log, connect: Connect, soaked: Soaked, seen: list[int], ended: asyncio.Event, chance: random.Random
) -> None:
    cursor, done = 0, False
    while not done:
        # A restart: all that survives of a reader is its cursor.
        async with connect() as connection:
            for _ in range(chance.randint(20, 200)):
                done = ended.is_set()
                if positions := await log.read_after(connection, cursor):
                    seen += positions
                    cursor = positions[-1]
                if done:
                    break
                await asyncio.sleep(chance.uniform(0, 0.004))
        soaked.restarts += not done


@asynccontextmanager
async def quick_connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """One whose commits do not wait for the disk: thousands more of them fit into the soak."""
    connection = await asyncpg.connect(database_url, server_settings={"synchronous_commit": "off"})
    await prepare_connection(connection)
    try:
        yield connection
    finally:
        await connection.close()
