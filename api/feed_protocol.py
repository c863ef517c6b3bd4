"""WebSockets whose goodbye does not wait for a peer that has stopped reading.

uvicorn's own protocol sends a close frame, and closes the connection, only once its buffer has drained: for a peer that
never reads that is never, and the connection with all its buffers would stay for as long as the peer likes.
"""

from typing import TYPE_CHECKING

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

LINGER_S = 3
"""How long a peer that has stopped reading may take to come to the close frame."""


class ImpatientProtocol(WebSocketsSansIOProtocol):
    async def send(self, message: "ASGISendEvent") -> None:
        if message["type"] == "websocket.close" and not self.writable.is_set():
            self.writable.set()
            self.loop.call_later(LINGER_S, self.transport.abort)
        await super().send(message)
