"""Blobs by name on local disk, S3, GCS or Azure, through obstore. Names carry the SHA-256, or the id of an
export, so a put is idempotent."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from domain.errors import Unavailable

CHUNK_BYTES = 1 << 20


def original_name(digest: str) -> str:
    return f"images/{digest[:2]}/{digest}"


def derivative_name(digest: str, kind: str, size: int) -> str:
    """`kind` is thumbnail or preview; `size` the longest side, px."""
    return f"derivatives/{digest[:2]}/{digest}-{kind}-{size}.webp"


def weights_name(digest: str) -> str:
    return f"weights/{digest[:2]}/{digest}.pt"


def export_name(export_id: UUID) -> str:
    """Not by its hash: an erasure must know the name of a file that nobody has told the log of."""
    return f"exports/{export_id.hex[-2:]}/{export_id}.zip"


def upload_name(sha256: str) -> str:
    """A dataset uploaded for import, kept until its job ends."""
    return f"uploads/{sha256[:2]}/{sha256}.zip"


def open_blob_store(url: str) -> "ObstoreBlobStore":
    """`url` is file:///…, s3://…, gs://… or az://…; a local folder is made if missing."""
    if url.startswith("file://"):
        root = Path(url.removeprefix("file://"))
        root.mkdir(parents=True, exist_ok=True)
        return ObstoreBlobStore(LocalStore(prefix=root, mkdir=True, automatic_cleanup=True))
    return ObstoreBlobStore(from_url(url))


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
