"""A TCP proxy in front of PostgreSQL whose wire can be cut, slowed and left half open."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

COMMIT = b"COMMIT;\x00"


class Wire:
    """Between `url`, which clients use, and the server's socket."""

    def __init__(self, server_socket: str, rng: random.Random) -> None:
        self._server_socket = server_socket
        self._random = rng
        self._lines: set[_Line] = set()
        self._server: asyncio.Server | None = None
        self.delay_s = 0.0
        """Of every piece, in either direction."""
        self.down = False
        """New connections are refused."""
        self._cutting: asyncio.Event | None = None

    async def open(self) -> int:
        """The port it listens on."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for line in list(self._lines):
            line.cut()

    async def cut_after_commit(self) -> None:
        """The next COMMIT still reaches the server; its answer reaches nobody. Returns when that has happened."""
        self._cutting = asyncio.Event()
        await self._cutting.wait()

    def half_open(self) -> None:
        """On the lines of now nothing arrives any more, and nobody is told. New ones are whole."""
        for line in self._lines:
            line.silent = True

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            writer.transport.abort()
            return
        server_reader, server_writer = await asyncio.open_unix_connection(self._server_socket)
        line = _Line(writer, server_writer)
        self._lines.add(line)
        try:
            await asyncio.gather(
                self._carry(line, reader, server_writer, forth=True),
                self._carry(line, server_reader, writer, forth=False),
            )
        finally:
            self._lines.discard(line)
            line.cut()

    async def _carry(
        self, line: "_Line", reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, forth: bool
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(1 << 16):
                if self.delay_s:
                    await asyncio.sleep(self._random.uniform(0, self.delay_s))
                if line.silent:
                    continue
                cutting, cut = self._cutting, False
                if forth and cutting is not None and COMMIT in piece:
                    self._cutting, cut = None, True
                    line.deaf = True
                if not forth and line.deaf:
                    continue
                writer.write(piece)
                await writer.drain()
                if cut and cutting is not None:
                    # At once, or after the server has had time to commit and to answer.
                    await asyncio.sleep(self._random.choice((0.0, 0.05)))
                    line.cut()
                    cutting.set()
        line.cut()


class _Line:
    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._ends = (client, server)
        self.silent = False
        self.deaf = False
        """The client hears nothing more from the server."""

    def cut(self) -> None:
        client, server = self._ends
        client.transport.abort()
        # Not aborted: what was sent has been sent, a COMMIT too.
        server.close()


@asynccontextmanager
async def wire_to(database_url: str, rng: random.Random) -> AsyncIterator[tuple[Wire, str]]:
    """The wire, and the URL of the database at its other end."""
    parts = urlsplit(database_url)
    wire = Wire(f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432", rng)
    port = await wire.open()
    try:
        yield wire, f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{port}{parts.path}"
    finally:
        await wire.close()
