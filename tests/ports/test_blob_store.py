import os
from pathlib import Path

import pytest

from adapters.blobs import open_blob_store
from adapters.local_blobs import LocalBlobStore
from adapters.memory import MemoryBlobStore
from adapters.object_blobs import ObstoreBlobStore
from tests.ports.blob_store_contract import BlobStoreContract


class TestMemoryBlobStore(BlobStoreContract):
    @pytest.fixture
    def blobs(self) -> MemoryBlobStore:
        return MemoryBlobStore()


class TestObjectStore(BlobStoreContract):
    @pytest.fixture
    def blobs(self) -> ObstoreBlobStore:
        return open_blob_store("memory:///")


class TestLocalBlobStore(BlobStoreContract):
    @pytest.fixture
    def blobs(self, tmp_path) -> ObstoreBlobStore:
        return open_blob_store((tmp_path / "blobs").as_uri())


class Disk:
    """What would be there after a power cut: contents, and names in folders, as they were when they were synced."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._contents: dict[int, bytes] = {}
        self._names: dict[Path, dict[str, int]] = {}

    def sync(self, descriptor: int) -> None:
        path, inode = Path(f"/proc/self/fd/{descriptor}").readlink(), os.fstat(descriptor).st_ino
        if path.is_dir():
            self._names[path] = {one.name: one.stat().st_ino for one in path.iterdir()}
        else:
            self._contents[inode] = path.read_bytes()

    def after_a_power_cut(self, name: str) -> bytes | None:
        folder = self.root
        for part in name.split("/")[:-1]:
            if part not in self._names.get(folder, {}):
                return None
            folder /= part
        inode = self._names.get(folder, {}).get(name.rpartition("/")[2])
        return None if inode is None else self._contents.get(inode, b"")


@pytest.mark.parametrize("from_file", [False, True])
async def test_what_was_stored_in_a_folder_survives_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_file: bool
) -> None:
    blobs, disk = LocalBlobStore(tmp_path / "blobs"), Disk(tmp_path / "blobs")
    monkeypatch.setattr(os, "fsync", disk.sync)
    names = ["images/ab/one", "images/ab/two", "images/cd/three"]
    for name in names:
        content: bytes | Path = name.encode()
        if from_file:
            (tmp_path / "source").write_bytes(name.encode())
            content = tmp_path / "source"
        await blobs.put(name, content)
        assert disk.after_a_power_cut(name) == name.encode()
    await blobs.delete(names[0])
    await blobs.delete(names[1])
    # Its folder went with the last of them, and is made anew.
    assert not (tmp_path / "blobs" / "images" / "ab").exists()
    await blobs.put(names[1], b"again")
    assert disk.after_a_power_cut(names[1]) == b"again"
