"""A listener that was let in, has room for a few kB, and never takes anything out."""

import socket


def deaf_listener(base_url: str, path: str) -> socket.socket:
    """On the WebSocket at `path`, with or without a cursor; its owner closes it."""
    host = base_url.removeprefix("http://")
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    made.connect(("127.0.0.1", int(host.rpartition(":")[2])))
    made.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert made.recv(12) == b"HTTP/1.1 101"
    return made
