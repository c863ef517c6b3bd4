"""The live feed of a project: events in order from a cursor on, with progress and presence between them."""

import asyncio
import contextlib
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import WebSocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import websocket
from litestar.params import FromPath

from adapters.feed import FeedHub
from api.services import Services

HEARTBEAT_S = 15
SEND_TIMEOUT_S = 10
MAX_SOCKETS = 2_000
MAX_PRESENCE_BYTES = 2_000

FORBIDDEN = 4403
SILENT = 4408
SLOW = 4413
TOO_MANY = 4429
GONE = 4404

_encode = msgspec.json.Encoder().encode
_decode_message = msgspec.json.Decoder(dict[str, Any]).decode


class Connections:
    """How many sockets this process holds."""

    count = 0


@websocket("/ws/projects/{project_id:uuid}", name="project_feed")
async def project_feed(
    socket: WebSocket[Any, Any, Any], services: NamedDependency[Services], project_id: FromPath[UUID]
) -> None:
    await socket.accept()
    if not _same_origin(socket):
        await socket.close(code=FORBIDDEN, reason="this page may not listen here")
        return
    if Connections.count >= MAX_SOCKETS:
        await socket.close(code=TOO_MANY, reason="too many sockets")
        return
    if not await services.pool.fetchval("SELECT true FROM projects WHERE project_id = $1", project_id):
        await socket.close(code=GONE, reason="there is no such project")
        return
    Connections.count += 1
    try:
        await _serve(socket, services.hub, project_id)
    finally:
        Connections.count -= 1


async def _serve(socket: WebSocket[Any, Any, Any], hub: FeedHub, project_id: UUID) -> None:
    epoch, position = _cursor(socket.query_params.get("cursor"), hub)
    await hub.reach(epoch, position)
    welcome = {"type": "welcome", "epoch": hub.head.epoch, "head": hub.head.position, "heartbeat_s": HEARTBEAT_S}
    sender = asyncio.create_task(_send_for_ever(socket, hub, project_id, epoch, position, welcome))
    reader = asyncio.create_task(_read_for_ever(socket, hub, project_id))
    try:
        done, _ = await asyncio.wait({sender, reader}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if not task.cancelled() and (code := task.result()) is not None:
                with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                    # A peer that does not read would block the goodbye as well.
                    await asyncio.wait_for(socket.close(code=code), 1)
    finally:
        for task in (sender, reader):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await task


async def _send_for_ever(
    socket: WebSocket[Any, Any, Any], hub: FeedHub, project_id: UUID, epoch: int, position: int, welcome: dict[str, Any]
) -> int | None:
    """The code to close with, or None when the peer has gone."""

    async def send(frame: str) -> None:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await socket.send_data(frame)

    loop = asyncio.get_running_loop()
    try:
        await send(_text(welcome))
        last_sent = loop.time()
        with hub.following(project_id) as follower:
            while True:
                # Before looking, or what comes while looking is missed.
                follower.rang.clear()
                if not hub.is_resumable(epoch, position):
                    epoch, position = hub.head.epoch, hub.head.position
                    await send(_text({"type": "resync", "epoch": epoch, "head": position}))
                frame, position = await hub.frame_after(project_id, position)
                if frame is not None:
                    await send(frame)
                    last_sent = loop.time()
                    continue
                while follower.waiting:
                    await send(follower.waiting.popleft().decode())
                if await _is_silent_until(last_sent + HEARTBEAT_S, follower.rang):
                    await send(_text({"type": "heartbeat", "epoch": epoch, "head": hub.head.position}))
                    last_sent = loop.time()
    except TimeoutError:
        return SLOW
    except (WebSocketDisconnect, RuntimeError, OSError):
        return None


async def _is_silent_until(due: float, rang: asyncio.Event) -> bool:
    """Whether nothing rang before `due`, in the loop's time."""
    try:
        async with asyncio.timeout_at(due):
            await rang.wait()
    except TimeoutError:
        return True
    return False


def _text(frame: dict[str, Any]) -> str:
    return _encode(frame).decode()


async def _read_for_ever(socket: WebSocket[Any, Any, Any], hub: FeedHub, project_id: UUID) -> int | None:
    """Reads presence and answers to heartbeats; the code to close with, or None when the peer has gone."""
    try:
        while True:
            # A browser answers each heartbeat; two missed ones mean that nobody is there.
            text = await asyncio.wait_for(socket.receive_text(), HEARTBEAT_S * 4)
            if len(text) > MAX_PRESENCE_BYTES:
                continue
            with contextlib.suppress(msgspec.DecodeError):
                message = _decode_message(text)
                if message.get("type") == "presence" and len(message) > 1:
                    body = _encode({k: v for k, v in message.items() if k != "type"})
                    await hub.announce_presence(project_id, body)
    except TimeoutError:
        return SILENT
    except (WebSocketDisconnect, RuntimeError, OSError):
        return None


def _cursor(text: str | None, hub: FeedHub) -> tuple[int, int]:
    """(epoch, position) to go on from; without a cursor from now on; an unreadable one leads to a resync."""
    if text is None:
        return hub.head.epoch, hub.head.position
    epoch, _, position = text.partition(":")
    if epoch.isascii() and position.isascii() and epoch.isdigit() and position.isdigit() and len(text) < 40:
        return int(epoch), int(position)
    return 0, 0


def _same_origin(socket: WebSocket[Any, Any, Any]) -> bool:
    # Browsers always send Origin with a WebSocket and no CORS stands in between; scripts send none.
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")


routes = [project_feed]
