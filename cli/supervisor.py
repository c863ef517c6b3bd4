"""`autoannotate up`: every process of the platform under one parent, which outlives none of them by accident.

Servers that no URL names are embedded; then migrations, the API and the workers. Whatever dies is started again.
Ctrl-C or TERM stops all of it in order; a second one does not wait. A supervisor that is killed takes its children
with it (the kernel signals them), and the next `up` waits for the last of them or takes them over.
"""

import asyncio
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import FrameType

import asyncpg

from adapters.embedded import EmbeddedServers
from adapters.schema import is_current
from adapters.settings import Settings
from cli.child import Child
from cli.instance import Instance, StartError
from cli.programs import API_SHUTDOWN_S, api_command, environment, migrate_command, worker_command

TICK_S = 0.1
# The API closes its sockets and a worker ends its jobs' processes within this.
STOP_S = API_SHUTDOWN_S + 7
# An API that never once answered and keeps dying has a reason that trying again does not remove.
DEATHS_BEFORE_READY = 3


class Supervisor:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # A plain flag: an Event's lock may be held by the very wait that the signal interrupts, and then both hang.
        self._stopping = False
        self._hurry = False
        self._children: list[Child] = []

    def run(self) -> None:
        """Serve until SIGINT, SIGTERM or SIGHUP. Raises StartError and EmbeddedServerError."""
        instance = Instance(self._settings)
        previous = {
            number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        servers = EmbeddedServers(self._settings, take_over=True)
        try:
            # The API of a supervisor killed a moment ago is still closing its sockets.
            self._wait_for_port(API_SHUTDOWN_S + 2 if instance.was_killed else 0)
            self._settings = servers.start().settings
            self._migrate()
            self._start_children()
            self._watch(servers)
        finally:
            self._stop_children()
            servers.stop()
            for number, handler in previous.items():
                signal.signal(number, handler)
            instance.release()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._hurry = self._stopping
        self._stopping = True

    def _stopped_meanwhile(self) -> bool:
        time.sleep(TICK_S)
        return self._stopping

    def _wait_for_port(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._stopping:
            family, kind, protocol, _, address = socket.getaddrinfo(
                self._settings.host, self._settings.port, type=socket.SOCK_STREAM
            )[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(address)
                except OSError as error:
                    if time.monotonic() > deadline:
                        raise StartError(
                            f"cannot listen on {self._settings.address} ({error.strerror}); "
                            "stop what does, or choose another AUTOANNOTATE_PORT"
                        ) from error
                else:
                    return
            time.sleep(TICK_S)

    def _migrate(self) -> None:
        try:
            if self._stopping or asyncio.run(is_current(self._settings.database_url)):
                return
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise StartError(f"the database that DATABASE_URL names does not answer: {error}") from error
        done = subprocess.run(migrate_command(), env=environment(self._settings), stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise StartError(f"the database could not be migrated:\n{done.stderr[-3000:]}")

    def _start_children(self) -> None:
        variables = environment(self._settings)
        self._children = [Child("API", api_command(self._settings), variables)]
        for number in range(self._settings.workers):
            self._children.append(Child(f"worker {number + 1}", worker_command(), variables))
        for child in self._children:
            if not self._stopping:
                child.start(time.monotonic())

    def _watch(self, servers: EmbeddedServers) -> None:
        ready = False
        while not self._stopped_meanwhile():
            for name in servers.revive():
                _say(f"{name} had ended and was started again")
            for child in self._children:
                if happened := child.tend(time.monotonic()):
                    _say(happened)
            if not ready:
                ready = _answers(self._settings.address)
                if ready:
                    print(f"Auto-Annotation is ready: {self._settings.address}", flush=True)
                elif self._children[0].deaths >= DEATHS_BEFORE_READY:
                    raise StartError("the API does not start; its last words are above")

    def _stop_children(self) -> None:
        for child in self._children:
            child.terminate()
        deadline = time.monotonic() + STOP_S
        while not all(child.ended() for child in self._children) and time.monotonic() < deadline and not self._hurry:
            time.sleep(0.02)
        for child in self._children:
            child.kill()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health/ready", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _say(what: str) -> None:
    print(f"autoannotate: {what}", file=sys.stderr, flush=True)
