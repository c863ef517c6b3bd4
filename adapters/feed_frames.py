"""Frames of events for the sockets of a feed: those that stand at one place share one, built once for all of them."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

FRAME_EVENTS = 200
FRAME_BYTES = 256 * 1024
"""Of several events; one that is larger has a frame of its own. A single import may weigh megabytes."""


class FeedEvent(msgspec.Struct, frozen=True):
    position: int
    project_id: UUID
    stream_id: UUID
    type: str
    encoded: bytes


Frame = tuple[str | None, int]
"""Its text, None where there is nothing to tell, and the position that a socket has reached with it."""
Following = Callable[[UUID, int, int], Awaitable[tuple[list[FeedEvent], int]]]
"""(project, position, limit) -> the next events, and the position up to which nothing was missed."""


class SharedFrames:
    def __init__(self, following: Following) -> None:
        self._following = following
        self._frames: dict[tuple[UUID, int], Frame] = {}

    async def after(self, project_id: UUID, position: int) -> Frame:
        kept = self._frames
        frame = kept.get((project_id, position))
        if frame is None:
            events, upto = await self._following(project_id, position, FRAME_EVENTS)
            fitting = _fitting(events)
            frame = _frame(fitting, upto if fitting == len(events) else events[fitting - 1].position, events)
            # Where the log went on meanwhile, they are forgotten already, and this one with them.
            kept[project_id, position] = frame
        return frame

    def forget(self) -> None:
        """The log has gone on: there is more to tell at every place."""
        self._frames = {}


def _fitting(events: Sequence[FeedEvent]) -> int:
    """How many of the first ones a frame takes, so that a phone can take the frame."""
    weight = 0
    for count, event in enumerate(events):
        weight += len(event.encoded)
        if count and weight > FRAME_BYTES:
            return count
    return len(events)


def _frame(count: int, reached: int, events: Sequence[FeedEvent]) -> tuple[str | None, int]:
    if not events:
        return None, reached
    body = b",".join(event.encoded for event in events[:count])
    return (b'{"type":"events","position":%d,"events":[%b]}' % (reached, body)).decode(), reached
