"""A browser's end of the feed: folds what it hears, and comes back with its cursor whenever the connection ends."""

import asyncio
import contextlib
import json
import random
from typing import Any
from uuid import UUID

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.faults.feed_api import FeedApi


class FeedClient:
    def __init__(self, api: FeedApi, project_id: UUID, epoch: int, position: int) -> None:
        self._api = api
        self._project_id = project_id
        self._epoch = epoch
        self.position = position
        self.positions: list[int] = []
        self.boxes: dict[str, Any] = {}
        self.connections = 0
        self.resyncs = 0

    async def listen(self) -> None:
        """Until cancelled."""
        while True:
            address = self._api.feed(self._project_id, f"{self._epoch}:{self.position}")
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with connect(address, open_timeout=30, close_timeout=1) as socket:
                    self.connections += 1
                    async for frame in socket:
                        self._hear(json.loads(frame))
            await asyncio.sleep(random.uniform(0.02, 0.2))

    async def until(self, position: int, within_s: float = 60) -> None:
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
            match event["type"]:
                case "annotation.drawn" | "annotation.reshaped":
                    self.boxes[event["data"]["annotation_id"]] = event["data"]["geometry"]
                case "annotation.deleted":
                    del self.boxes[event["data"]["annotation_id"]]
        self.position = frame["position"]
