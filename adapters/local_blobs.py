"""Blobs in a folder. Stored means on the disk: file and folders are synced before a put is answered.

The object store's own put renames without syncing: after a power cut an acknowledged picture could be there with no
bytes in it.
"""

import asyncio
import contextlib
import os
import shutil
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from obstore.store import LocalStore

from adapters.object_blobs import ObstoreBlobStore
from domain.errors import Unavailable

TRIES = 10
"""A delete takes the folder away that it has emptied, perhaps between the making of it and the first file in it."""


class LocalBlobStore(ObstoreBlobStore):
    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        super().__init__(LocalStore(prefix=root, mkdir=True, automatic_cleanup=True))
        self._root = root
        self._synced: dict[Path, int] = {self._root: self._root.stat().st_ino}
        """Folder -> its inode when the one above it was last synced: only a new one has to be."""

    async def put(self, name: str, content: bytes | Path) -> None:
        try:
            await asyncio.to_thread(self._put, self._root / name, content)
        except OSError as failed:
            raise Unavailable(f"The blob store refused a write: {failed}") from failed

    def _put(self, path: Path, content: bytes | Path) -> None:
        # The sign makes it no name of a blob: the object store takes such a file for one being written.
        unfinished = path.with_name(f"{path.name}#{uuid4().hex}")
        try:
            self._write(unfinished, content)
            unfinished.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise
        self._sync_folders(path.parent)

    def _write(self, path: Path, content: bytes | Path) -> None:
        with _made(path) as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                with content.open("rb") as source:
                    shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())

    def _sync_folders(self, folder: Path) -> None:
        """The file's, and those above it as far as they are new."""
        # Whoever deletes the file again may take the folder with it.
        with contextlib.suppress(FileNotFoundError):
            inode = _sync(folder)
            if self._synced.get(folder) != inode:
                self._sync_folders(folder.parent)
                self._synced[folder] = inode


def _made(path: Path) -> BinaryIO:
    for _ in range(TRIES):
        with contextlib.suppress(FileNotFoundError):
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("xb")
    raise FileNotFoundError(path)


def _sync(folder: Path) -> int:
    """The folder's inode."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_ino
    finally:
        os.close(descriptor)
