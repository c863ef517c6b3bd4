"""A process that the supervisor keeps running: started again when it dies, later and later while it keeps dying."""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from cli.programs import ROOT

FIRST_DELAY_S = 0.5
# A job whose worker was killed runs again within 40 s (issue 3): its lease takes 30 of them, and beside that the worker
# has to wait and start. An API that is down is waited for by everybody.
LONGEST_DELAY_S = 5.0
# Running this long makes the next death a first one again.
STEADY_S = 20.0
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _end_with_parent() -> None:
    # A supervisor that was killed cannot stop anybody: the kernel does it.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.deaths = 0
        """Deaths in a row, none of them after STEADY_S of running."""
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._next_start = 0.0

    def start(self, now: float) -> None:
        self._started = now
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=dict(self._environment),
            # A group of its own: Ctrl-C reaches the supervisor alone, and stopping reaches grandchildren too.
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )

    def tend(self, now: float) -> str | None:
        """Notice a death or bring the dead back; what happened, in words, or None."""
        if self._process is None:
            if now >= self._next_start:
                self.start(now)
            return None
        status = self._process.poll()
        if status is None:
            return None
        self._kill_group(signal.SIGKILL)
        self._process = None
        self.deaths = 1 if now - self._started > STEADY_S else self.deaths + 1
        delay = min(FIRST_DELAY_S * 2 ** (self.deaths - 1), LONGEST_DELAY_S)
        self._next_start = now + delay
        ended = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        return f"{self.name} {ended}; starting it again in {delay:g} s"

    def terminate(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """The process and whatever it left in its group."""
        if self._process is not None:
            self._kill_group(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _kill_group(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
