"""A zip written as a stream: fixed times, stored pictures, deflated text, at its end a manifest of what is inside."""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator

import msgspec

EPOCH = (1980, 1, 1, 0, 0, 0)
"""A zip's earliest time: the time of writing must not change the bytes."""
DEFLATE_LEVEL = 6


class Member(msgspec.Struct, frozen=True):
    name: str
    content: bytes
    compressed: bool = True


class _Pipe:
    """The unseekable end that zipfile writes to."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._position = 0

    def write(self, data: bytes) -> int:
        self._chunks.append(bytes(data))
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        pass

    def drain(self) -> bytes:
        chunks, self._chunks = self._chunks, []
        return b"".join(chunks)


def zip_stream(members: Iterable[Member], manifest: dict[str, object]) -> Iterator[bytes]:
    """Chunks of a zip with `members` and a manifest.json that names each with its SHA-256."""
    pipe = _Pipe()
    listed: list[dict[str, object]] = []
    with zipfile.ZipFile(pipe, "w", allowZip64=True) as archive:  # type: ignore[arg-type]  # a write-only file will do
        for member in members:
            _write(archive, member)
            digest = hashlib.sha256(member.content).hexdigest()
            listed.append({"name": member.name, "size": len(member.content), "sha256": digest})
            if chunk := pipe.drain():
                yield chunk
        encoded = msgspec.json.encode({**manifest, "files": listed}, order="deterministic")
        _write(archive, Member("manifest.json", msgspec.json.format(encoded, indent=1) + b"\n"))
    yield pipe.drain()


def _write(archive: zipfile.ZipFile, member: Member) -> None:
    entry = zipfile.ZipInfo(member.name, EPOCH)
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    entry.compress_type = zipfile.ZIP_DEFLATED if member.compressed else zipfile.ZIP_STORED
    archive.writestr(entry, member.content, compresslevel=DEFLATE_LEVEL if member.compressed else None)
