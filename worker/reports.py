"""How a child tells its worker how far it is: lines on a pipe, and one answer when the last of them is stored."""

import asyncio
import os
import select
import threading

import msgspec

from worker.last_words import storable

PATIENCE_S = 5.0
"""How long an end waits for its last report to be stored. Progress is lossy by contract; an end is not."""


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the child's stdout."""

    progress: float
    message: str
    log: str | None = None
    last: bool = False
    """An answer is waited for."""


class Reports:
    """The child's side; a `Reporter`."""

    def __init__(self, reports: int, answers: int) -> None:
        """File descriptors: `reports` to write to, `answers` to read from."""
        self._reports, self._answers = reports, answers
        self._encoder, self._turn = msgspec.json.Encoder(), threading.Lock()
        self._said: Report | None = None

    def __call__(self, progress: float, message: str, log: str | None = None) -> None:
        self._say(Report(progress, storable(message), log and storable(log)))

    async def settled(self) -> None:
        """Once what was said last can be read by whoever reads the job, or its worker does not answer."""
        if self._said:
            self._say(msgspec.structs.replace(self._said, log=None, last=True))
            await asyncio.to_thread(select.select, [self._answers], [], [], PATIENCE_S)

    def _say(self, report: Report) -> None:
        line = memoryview(self._encoder.encode(report) + b"\n")
        with self._turn:
            self._said = report
            while line:
                line = line[os.write(self._reports, line) :]
