"""One more API process on the fleet's database: by another way to it, or with another clock."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec

from adapters.settings import Settings
from cli.programs import api_command, environment
from tests.conftest import ROOT
from tests.faults.fleet import START_S


@contextmanager
def second_api(settings: Settings, **variables: str) -> Iterator[str]:
    """Its address; killed in the end, whatever it waits for."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        own = msgspec.structs.replace(settings, port=probe.getsockname()[1])
    process = subprocess.Popen(api_command(own), cwd=ROOT, env={**os.environ, **environment(own), **variables})
    try:
        yield own.address
    finally:
        process.kill()
        process.wait()


def wait_for(address: str) -> None:
    """Until the API answers. Not on the event loop when its way to the database is."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            if httpx.get(f"{address}/health/live").is_success:
                return
        except httpx.TransportError:
            assert time.monotonic() < deadline, f"{address} does not answer"
        time.sleep(0.1)
