"""From submit to browser, and what a reader that never reads does to others: `python -m benchmarks.feed [--json FILE]`.

Starts its own servers on a data folder of its own and stops them. The writer and every socket are one process on the
same cores as the platform. Targets: issue 3, "Figures to print".
"""

import argparse
import asyncio
import json
import statistics
import time
import uuid
from pathlib import Path

import httpx
import msgspec
import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from benchmarks.http_load import jpegs, percentile, upload
from benchmarks.listeners import Heard, feed_address, submit_to_sockets
from benchmarks.served import Platform, platform
from benchmarks.table import Figure, print_figures

EVENTS_PER_S = 100
HISTORY = 20_000
"""Events that the reader that never reads asks for: more than all buffers on the way to it can hold."""


class Place(msgspec.Struct, frozen=True):
    """Where the boxes go."""

    url: str
    project: str
    category: str
    images: list[str]

    async def submit(self, sockets: int, seconds: float) -> Heard:
        return await submit_to_sockets(
            self.url, self.project, self.category, self.images, sockets=sockets, per_s=EVENTS_PER_S, seconds=seconds
        )


def furnished(server: Platform) -> Place:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        project = client.post("/api/projects", json={"name": "feed"}).json()["id"]
        category = client.post(f"/api/projects/{project}/categories", json={"name": "cell"}).json()["id"]
        images, _ = upload(client, project, jpegs(200))
    return Place(server.url, project, category, images)


def latency(name: str, heard: Heard, p50: float | None, p99: float | None) -> list[Figure]:
    figures = [
        Figure(f"{name}, p50", statistics.median(heard.milliseconds), "ms", at_most=p50),
        Figure(f"{name}, p99", percentile(heard.milliseconds, 0.99), "ms", at_most=p99),
        Figure(f"{name}, events missing", heard.missing, "events", at_most=0),
    ]
    return figures


async def never_reads(place: Place, started: asyncio.Event) -> tuple[float, int]:
    """(seconds until the server let go, close code) of a socket that asks for a long history and reads none of it."""
    async with httpx.AsyncClient(base_url=place.url) as client:
        log = (await client.get(f"/api/projects/{place.project}/events", params={"limit": 1})).json()
    cursor = f"{log['epoch']}:{max(0, log['head'] - HISTORY)}"
    address = feed_address(place.url, place.project, cursor)
    async with connect(address, max_queue=1, ping_interval=None, close_timeout=1) as socket:
        started.set()
        since = time.perf_counter()
        while not await asyncio.to_thread(_let_go, place.url, socket.local_address[1]):
            if time.perf_counter() - since > 60:
                break
            await asyncio.sleep(0.1)
        seconds = time.perf_counter() - since
        try:
            while True:
                await asyncio.wait_for(socket.recv(), 5)
        except (ConnectionClosed, TimeoutError) as closed:
            code = closed.rcvd.code if isinstance(closed, ConnectionClosed) and closed.rcvd else 1006
    return seconds, code


def _let_go(url: str, port: int) -> bool:
    """Whether the server's end of the connection from `port` is closed, as the system's own table of sockets has it."""
    server_port = int(url.rpartition(":")[2])
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote, state = line.split()[1:4]
        if int(local[-4:], 16) == server_port and int(remote[-4:], 16) == port:
            return state not in {"01", "08"}
    return True


async def slow_reader(place: Place, before: Heard, seconds: float) -> list[Figure]:
    started = asyncio.Event()
    slow = asyncio.create_task(never_reads(place, started))
    await started.wait()
    beside = await place.submit(50, seconds)
    closed_in, _code = await slow
    grown = 100 * (percentile(beside.milliseconds, 0.99) / percentile(before.milliseconds, 0.99) - 1)
    return [
        Figure("reader that never reads, closed in", closed_in, "s", at_most=15),
        *latency("50 sockets beside it", beside, None, None),
        Figure("p99 of the others, against without it", grown, "%", at_most=20),
    ]


async def run(server: Platform, seconds: float) -> list[Figure]:
    place = await asyncio.to_thread(furnished, server)
    await place.submit(50, 2)
    fifty = await place.submit(50, seconds)
    figures = latency("submit to browser, 50 sockets", fifty, 20, 60)
    two_hundred = await place.submit(200, seconds)
    figures += latency("submit to browser, 200 sockets", two_hundred, None, 200)
    await asyncio.gather(*(write_history(place, n) for n in range(8)))
    before = await place.submit(50, seconds)
    figures += latency("50 sockets, long log", before, None, None)
    figures += await slow_reader(place, before, max(seconds, 15))
    return figures


async def write_history(place: Place, part: int) -> None:
    """Fill the log with a share of HISTORY boxes, a hundred a request."""
    draws = [
        {
            "type": "draw_annotation",
            "category_id": place.category,
            "geometry": {"type": "box", "x": 5.5 * n, "y": 3.25 * n, "width": 40.5, "height": 30.25},
        }
        for n in range(100)
    ]
    async with httpx.AsyncClient(base_url=place.url, timeout=60) as client:
        for image in place.images[part::8]:
            fresh = [{**draw, "annotation_id": str(uuid.uuid4())} for draw in draws]
            (await client.post(f"/api/images/{image}/commands", json={"commands": fresh})).raise_for_status()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement")
    chosen = parser.parse_args()
    with platform() as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(run(server, chosen.seconds))
    print_figures("Feed", figures)
    if chosen.json:
        chosen.json.write_text(json.dumps([msgspec.to_builtins(figure) for figure in figures], indent=1))


if __name__ == "__main__":
    main()
