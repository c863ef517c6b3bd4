"""Many sockets on one project's feed and a paced writer of boxes; how long each event took from submit to socket."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect

WRITERS = 8


class Ear:
    """One socket. Frames are kept as they came and read afterwards, so that reading costs the measurement nothing."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[tuple[float, str | bytes]] = []

    async def listen(self) -> None:
        async for frame in self.socket:
            self.heard.append((time.perf_counter(), frame))

    def arrivals(self) -> dict[str, float]:
        """Annotation id -> when its drawing arrived."""
        found: dict[str, float] = {}
        for at, raw in self.heard:
            frame = json.loads(raw)
            for event in frame.get("events", ()):
                if event["type"] == "annotation.drawn":
                    found[event["data"]["annotation_id"]] = at
        return found


class Heard(msgspec.Struct):
    milliseconds: list[float]
    """Of every event at every socket."""
    expected: int

    @property
    def missing(self) -> int:
        return self.expected - len(self.milliseconds)


def feed_address(url: str, project: str, cursor: str | None = None) -> str:
    return url.replace("http", "ws") + f"/ws/projects/{project}" + (f"?cursor={cursor}" if cursor else "")


@asynccontextmanager
async def listening(url: str, project: str, count: int) -> AsyncIterator[list[Ear]]:
    async with AsyncExitStack() as stack:
        # As a browser does: compression is offered, and whether it is used is for the server to say.
        sockets = [
            await stack.enter_async_context(connect(feed_address(url, project), max_queue=None)) for _ in range(count)
        ]
        ears = [Ear(socket) for socket in sockets]
        tasks = [asyncio.create_task(ear.listen()) for ear in ears]
        try:
            yield ears
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def submit_to_sockets(
    url: str, project: str, category: str, images: Sequence[str], *, sockets: int, per_s: int, seconds: float
) -> Heard:
    async with listening(url, project, sockets) as ears:
        await asyncio.sleep(1)
        submitted = await write_boxes(url, category, images, per_s, seconds)
        await asyncio.sleep(2)
    waited = [
        1000 * (at - submitted[annotation])
        for ear in ears
        for annotation, at in ear.arrivals().items()
        if annotation in submitted
    ]
    return Heard(waited, len(submitted) * sockets)


async def write_boxes(url: str, category: str, images: Sequence[str], per_s: int, seconds: float) -> dict[str, float]:
    """One box a request, at times fixed beforehand; annotation id -> when it was submitted."""
    submitted: dict[str, float] = {}
    start = time.perf_counter() + 0.1
    await asyncio.gather(
        *(
            _write(url, category, images[n::WRITERS], submitted, start + n / per_s, WRITERS / per_s, start + seconds)
            for n in range(WRITERS)
        )
    )
    return submitted


async def _write(
    url: str, category: str, images: Sequence[str], submitted: dict[str, float], due: float, every: float, end: float
) -> None:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    done = 0
    while due < end:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        annotation = str(uuid.uuid4())
        box = {"type": "box", "x": 5.5, "y": 3.25, "width": 40.5, "height": 30.25}
        draw = {"type": "draw_annotation", "annotation_id": annotation, "category_id": category, "geometry": box}
        body = json.dumps({"commands": [draw]}).encode()
        head = f"POST /api/images/{images[done % len(images)]}/commands HTTP/1.1\r\nHost: {address.netloc}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        submitted[annotation] = time.perf_counter()
        writer.write(head.encode() + body)
        await _answer(reader)
        due, done = due + every, done + 1
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    status = head.split(" ", 2)[1]
    body = await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
    if not status.startswith("2"):
        raise RuntimeError(f"{status}: {body.decode()[:500]}")
