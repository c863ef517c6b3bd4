"""A browser's end of the feed: folds what it hears, and comes back with its cursor whenever the connection ends."""

import asyncio
import contextlib
import json
import random
from typing import Any
from uuid import UUID

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.faults.feed_api import FeedApi


class FeedClient:
    def __init__(self, api: FeedApi, project_id: UUID, epoch: int, position: int) -> None:
        self._api = api
        self._project_id = project_id
        self._epoch = epoch
        self.first = position
        """What comes after it is in `positions`."""
        self.position = position
        self.positions: list[int] = []
        self.boxes: dict[str, Any] = {}
        self.connections = 0
        self.resyncs = 0
        self.may_connect = asyncio.Event()
        self.may_connect.set()
        self._version = 0
        self._socket: ClientConnection | None = None

    async def load(self, image_id: UUID) -> None:
        """A snapshot to fold on; it may hold more than its position says, never less."""
        async with httpx.AsyncClient(base_url=self._api.url, timeout=60) as http:
            page = (await http.get(f"/api/images/{image_id}/annotations")).raise_for_status().json()
        self.first = self.position = page["position"]
        self.positions = []
        self._version = page["version"]
        self.boxes = {one["id"]: one["geometry"] for one in page["annotations"]}

    async def listen(self) -> None:
        """Until cancelled."""
        while True:
            await self.may_connect.wait()
            address = self._api.feed(self._project_id, f"{self._epoch}:{self.position}")
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with connect(address, open_timeout=60, close_timeout=1) as self._socket:
                    self.connections += 1
                    async for frame in self._socket:
                        self._hear(json.loads(frame))
            await asyncio.sleep(random.uniform(0.02, 0.2))

    async def hang_up(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def until(self, position: int, within_s: float = 120) -> None:
        async with asyncio.timeout(within_s):
            while self.position < position:
                await asyncio.sleep(0.02)

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "resync":
            self.resyncs += 1
        if frame["type"] != "events":
            return
        for event in frame["events"]:
            self.positions.append(event["position"])
            if event["version"] > self._version:
                self._fold(event)
        self.position = frame["position"]

    def _fold(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "annotation.drawn" | "annotation.reshaped":
                self.boxes[event["data"]["annotation_id"]] = event["data"]["geometry"]
            case "annotation.deleted":
                del self.boxes[event["data"]["annotation_id"]]
