"""A browser's end of the feed: it keeps a cursor, and comes back with it whenever the connection ends."""

import asyncio
import contextlib
import json

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.faults.history import Reading, Seen
from tests.faults.recorder import Recorder, until


class Listener:
    def __init__(self, name: str, address: str, project_id: str, recorder: Recorder) -> None:
        self._address = address.replace("http", "ws") + f"/ws/projects/{project_id}"
        self._recorder = recorder
        self._epoch = 0
        self.reading = Reading(name, project_id, 0, 0)
        self.connections = 0
        self._socket: ClientConnection | None = None
        recorder.history.readings.append(self.reading)

    async def listen(self) -> None:
        """Until cancelled."""
        while True:
            cursor = f"?cursor={self._epoch}:{self.reading.upto}" if self._epoch else ""
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with connect(self._address + cursor, open_timeout=10, close_timeout=1) as self._socket:
                    async for frame in self._socket:
                        self._hear(json.loads(frame))
            await asyncio.sleep(0.05)

    async def hang_up(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    def _hear(self, frame: dict) -> None:
        reading = self.reading
        match frame["type"]:
            case "welcome":
                self.connections += 1
                if not self._epoch:
                    self._epoch, reading.after, reading.upto = frame["epoch"], frame["head"], frame["head"]
            case "events":
                events = frame["events"]
                reading.seen += [Seen(e["position"], e["stream_id"], e["version"], e["type"]) for e in events]
                reading.upto = frame["position"]
            case "resync":
                self._recorder.unexpected.append(f"{reading.reader} at {reading.upto} was told to load afresh: {frame}")

    async def until(self, position: int, within_s: float = 120) -> None:
        """Waits until everything up to `position` has come, the last of it in an events frame."""
        reading = self.reading
        await until(
            lambda: reading.upto >= position, within_s, lambda: f"{reading.reader} is at {reading.upto} of {position}"
        )
