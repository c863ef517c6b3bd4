"""What every BlobStore promises. Subclasses give the fixture `blobs`."""

import pytest

from domain.ports import BlobStore

NAME = "images/ab/" + "ab" * 32


@pytest.mark.asyncio
class BlobStoreContract:
    async def test_gives_back_what_was_put(self, blobs: BlobStore):
        await blobs.put(NAME, b"some bytes")
        assert await blobs.get(NAME) == b"some bytes"
        assert await blobs.size(NAME) == 10

    async def test_takes_a_file_and_gives_one(self, blobs: BlobStore, tmp_path):
        source = tmp_path / "source"
        source.write_bytes(b"\x00\x01" * 1_000_000)
        await blobs.put(NAME, source)
        assert (await blobs.fetch_to(NAME, tmp_path / "target")).read_bytes() == source.read_bytes()

    async def test_a_put_again_changes_nothing(self, blobs: BlobStore):
        await blobs.put(NAME, b"same")
        await blobs.put(NAME, b"same")
        assert await blobs.get(NAME) == b"same"

    @pytest.mark.parametrize(("start", "end", "part"), [(0, None, b"0123456789"), (3, 7, b"3456"), (8, 99, b"89")])
    async def test_streams_a_part(self, blobs: BlobStore, start, end, part):
        await blobs.put(NAME, b"0123456789")
        assert b"".join([chunk async for chunk in blobs.stream(NAME, start, end)]) == part

    async def test_what_is_missing_is_said_so(self, blobs: BlobStore, tmp_path):
        assert await blobs.size(NAME) is None
        with pytest.raises(FileNotFoundError):
            await blobs.get(NAME)
        with pytest.raises(FileNotFoundError):
            await blobs.fetch_to(NAME, tmp_path / "target")

    async def test_deleted_is_gone_and_may_be_deleted_again(self, blobs: BlobStore):
        await blobs.put(NAME, b"some bytes")
        await blobs.delete(NAME)
        await blobs.delete(NAME)
        assert await blobs.size(NAME) is None
