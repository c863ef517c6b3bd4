"""Blobs in an object store: S3, GCS or Azure, through obstore."""

from collections.abc import AsyncIterator
from pathlib import Path

import obstore
from obstore.store import ObjectStore

from domain.errors import Unavailable

CHUNK_BYTES = 1 << 20


class ObstoreBlobStore:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, name: str, content: bytes | Path) -> None:
        """Raises Unavailable when the disk is full or the store is away; nothing half-written stays visible."""
        try:
            await obstore.put_async(self._store, name, content)
        except (obstore.exceptions.GenericError, OSError) as failed:
            raise Unavailable(f"The blob store refused a write: {failed}") from failed

    async def get(self, name: str) -> bytes:
        try:
            result = await obstore.get_async(self._store, name)
        except FileNotFoundError as missing:
            raise FileNotFoundError(name) from missing
        return bytes(await result.bytes_async())

    async def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        size = await self.size(name)
        if size is None:
            raise FileNotFoundError(name)
        stop = size if end is None else min(end, size)
        for offset in range(start, stop, CHUNK_BYTES):
            chunk = await obstore.get_range_async(self._store, name, start=offset, end=min(offset + CHUNK_BYTES, stop))
            yield bytes(chunk)

    async def size(self, name: str) -> int | None:
        try:
            return (await obstore.head_async(self._store, name))["size"]
        except FileNotFoundError:
            return None

    async def delete(self, name: str) -> None:
        try:
            await obstore.delete_async(self._store, name)
        except FileNotFoundError:
            return

    async def fetch_to(self, name: str, target: Path) -> Path:
        with target.open("wb") as file:
            async for chunk in self.stream(name):
                file.write(chunk)
        return target
