"""Ports in memory, for tests of what stands above them. Each passes the contract suite that the real one passes."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from domain.events import RecordedEvent
from domain.ports import Append, Appended, Head

EPOCH_START = datetime(2026, 1, 1, tzinfo=UTC)


class MemoryEventStore:
    """A log in a list. Its clock ticks one second an event, so that folds are reproducible."""

    def __init__(self) -> None:
        self.log: list[RecordedEvent] = []
        self._streams: defaultdict[UUID, list[RecordedEvent]] = defaultdict(list)
        self._by_event_id: dict[UUID, RecordedEvent] = {}

    async def append(self, append: Append) -> Appended:
        first = append.streams[0]
        count = sum(len(stream.events) for stream in append.streams)
        original = self._by_event_id.get(first.events[0].event_id)
        if original is not None:
            last_version = original.version + len(first.events) - 1
            return Appended("duplicate", original.position + count - 1, first.stream_id, last_version)
        wanted = [(guard.stream_id, guard.version) for guard in append.guards]
        wanted += [(s.stream_id, s.expected_version) for s in append.streams if s.expected_version is not None]
        for stream_id, version in wanted:
            if (current := len(self._streams[stream_id])) != version:
                return Appended("conflict", 0, stream_id, current)
        for stream in append.streams:
            for new in stream.events:
                recorded = RecordedEvent(
                    position=len(self.log) + 1,
                    stream_id=stream.stream_id,
                    version=len(self._streams[stream.stream_id]) + 1,
                    event_id=new.event_id,
                    project_id=append.project_id,
                    actor_id=append.actor_id,
                    recorded_at=EPOCH_START + timedelta(seconds=len(self.log)),
                    event=new.event,
                    command_id=append.command_id,
                    causation_id=append.causation_id,
                    correlation_id=append.correlation_id,
                    meta=append.meta,
                )
                self.log.append(recorded)
                self._streams[stream.stream_id].append(recorded)
                self._by_event_id[new.event_id] = recorded
        return Appended("ok", len(self.log), first.stream_id, len(self._streams[first.stream_id]))

    async def read_stream(self, stream_id: UUID, after_version: int = 0) -> list[RecordedEvent]:
        return self._streams[stream_id][after_version:]

    async def read_log(self, after: int, limit: int, project_id: UUID | None = None) -> list[RecordedEvent]:
        newer = (r for r in self.log[after:] if project_id in (None, r.project_id))
        return [r for _, r in zip(range(limit), newer, strict=False)]

    async def head(self) -> Head:
        return Head(1, len(self.log))


class MemoryBlobStore:
    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    async def put(self, name: str, content: bytes | Path) -> None:
        self._blobs[name] = await asyncio.to_thread(content.read_bytes) if isinstance(content, Path) else content

    async def get(self, name: str) -> bytes:
        if name not in self._blobs:
            raise FileNotFoundError(name)
        return self._blobs[name]

    async def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        yield (await self.get(name))[start:end]

    async def size(self, name: str) -> int | None:
        blob = self._blobs.get(name)
        return None if blob is None else len(blob)

    async def delete(self, name: str) -> None:
        self._blobs.pop(name, None)

    async def fetch_to(self, name: str, target: Path) -> Path:
        await asyncio.to_thread(target.write_bytes, await self.get(name))
        return target
