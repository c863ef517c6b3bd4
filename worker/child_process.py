"""A child process of the worker: started in a group of its own, listened to, and ended with all it started."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence

from worker.last_words import LastWords

STDERR_KEPT = 4096
MAX_LINE = 1 << 20


class ChildProcess:
    """`hear` gets each line of its stdout; the end of its stderr is kept."""

    def __init__(self, process: asyncio.subprocess.Process, hear: Callable[[bytes], None]) -> None:
        self._process = process
        self._hear = hear
        self._stderr = LastWords(STDERR_KEPT)
        self._listening = [asyncio.create_task(self._listen()), asyncio.create_task(self._overhear())]
        self._waiting = asyncio.create_task(process.wait())

    @classmethod
    async def start(
        cls,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        order: bytes,
        hear: Callable[[bytes], None],
    ) -> "ChildProcess":
        """`python -m arguments...`; `order` is the first it reads on its stdin."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(environment),
            start_new_session=True,
            limit=MAX_LINE,
        )
        assert process.stdin is not None
        process.stdin.write(order)
        return cls(process, hear)

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, line: bytes) -> None:
        """On its stdin; nothing if it has ended."""
        assert self._process.stdin is not None
        if not self._waiting.done():
            self._process.stdin.write(line)

    async def ended(self, within_s: float) -> bool:
        """Whether it has ended, waited for at most `within_s`."""
        await asyncio.wait([self._waiting], timeout=within_s)
        return self._waiting.done()

    async def stop(self, grace_s: float) -> None:
        """TERM to the group, KILL to what is left of it after `grace_s`."""
        self._signal(signal.SIGTERM)
        await self.ended(grace_s)
        await self.close()

    async def close(self) -> None:
        """Kill whatever is left of the group and read what it said last."""
        self._signal(signal.SIGKILL)
        await self._waiting
        # A grandchild that left the group may hold the pipes open for ever.
        await asyncio.wait(self._listening, timeout=1)
        for task in self._listening:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def how_it_ended(self) -> str:
        code = self._process.returncode or 0
        if code < 0:
            name = signal.Signals(-code).name
            return f"its process was killed by {name}" + (" (out of memory?)" if code == -signal.SIGKILL else "")
        said = self.last_words().strip().rpartition("\n")[2].strip()
        return said[:500] or f"its process ended with status {code}"

    def last_words(self) -> str:
        return self._stderr.text()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                line = await self._process.stdout.readline()
            except ValueError:
                # A line over MAX_LINE is no report of ours.
                continue
            if not line:
                return
            self._hear(line)

    async def _overhear(self) -> None:
        assert self._process.stderr is not None
        while said := await self._process.stderr.read(1 << 16):
            self._stderr.hear(said)
