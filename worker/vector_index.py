"""Nearest pictures, by FAISS. A cache: PostgreSQL holds the vectors, and whatever does not match is built again."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import faiss
import msgspec
import numpy as np

FLAT_UP_TO = 200_000
"""Exact search up to here (0.1 s a query); above it inverted lists, 19 times faster at recall 1.0 (learning.md 6)."""
PROBES = 32
FORMAT = 1


class Stamp(msgspec.Struct, frozen=True):
    """What an index on disk was built from; one difference and it is built again."""

    embedder: str
    dim: int
    count: int
    position: int
    """Log position of the newest vector in it."""
    format: int = FORMAT


class VectorIndex:
    """Unit float32 vectors by image id, compared by cosine. Threads may share it: one call at a time gets in."""

    def __init__(self, ids: Sequence[UUID], vectors: np.ndarray) -> None:
        """`vectors` (n, d), one per id. Raises ValueError for a repeated id or another number of rows."""
        if len(set(ids)) != len(ids) or len(ids) != len(vectors):
            raise ValueError("an index needs one vector for each id, and each id once")
        self._lock = threading.Lock()
        self._ids = dict(enumerate(ids))
        self._keys = {image_id: key for key, image_id in self._ids.items()}
        self._next = len(self._ids)
        rows = np.ascontiguousarray(vectors, np.float32)
        self._index = _empty(rows)
        self._index.add_with_ids(rows, np.arange(len(rows), dtype=np.int64))

    def __len__(self) -> int:
        return len(self._ids)

    def search(self, vector: np.ndarray | memoryview, k: int, exclude: Sequence[UUID] = ()) -> list[tuple[UUID, float]]:
        """At most `k` (id, cosine), the most similar first."""
        query = np.asarray(vector, np.float32).reshape(1, -1)
        with self._lock:
            keys = np.array([self._keys[i] for i in exclude if i in self._keys], np.int64)
            selector = faiss.IDSelectorNot(faiss.IDSelectorBatch(keys)) if keys.size else None
            settings = faiss.SearchParameters()
            if isinstance(self._index, faiss.IndexIVF):
                settings = faiss.SearchParametersIVF()
                settings.nprobe = PROBES
            settings.sel = selector
            similarity, found = self._index.search(query, min(k, len(self._ids)) or 1, params=settings)
            pairs = zip(found[0], similarity[0], strict=True)
            return [(self._ids[int(key)], float(cosine)) for key, cosine in pairs if key >= 0]

    def add(self, ids: Sequence[UUID], vectors: np.ndarray) -> None:
        """Ids that are there already get the new vector."""
        self.remove(ids)
        with self._lock:
            keys = np.arange(self._next, self._next + len(ids), dtype=np.int64)
            self._next += len(ids)
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), keys)
            for key, image_id in zip(keys.tolist(), ids, strict=True):
                self._ids[key] = image_id
                self._keys[image_id] = key

    def remove(self, ids: Sequence[UUID]) -> None:
        """Unknown ids are ignored. One call costs a pass over the index, so remove many at a time."""
        with self._lock:
            keys = [self._keys.pop(image_id) for image_id in set(ids) if image_id in self._keys]
            if keys:
                self._index.remove_ids(faiss.IDSelectorBatch(np.array(keys, np.int64)))
            for key in keys:
                del self._ids[key]

    def save(self, folder: Path, stamp: Stamp) -> None:
        """Written beside, flushed, renamed; the stamp comes last, so a torn write is a mismatch, not a wrong answer."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "stamp.json").unlink(missing_ok=True)
        with self._lock:
            keys = np.array(list(self._ids), np.int64)
            ids = np.frombuffer(b"".join(i.bytes for i in self._ids.values()), np.uint8).reshape(-1, 16)
            index = faiss.serialize_index(self._index)
        for name, content in (("index.faiss", index), ("keys.npy", keys), ("ids.npy", ids)):
            with (folder / f"{name}.tmp").open("wb") as file:
                np.save(file, content, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            (folder / f"{name}.tmp").replace(folder / name)
        (folder / "stamp.json").write_bytes(msgspec.json.encode(stamp))

    @classmethod
    def load(cls, folder: Path, expected: Stamp) -> "VectorIndex | None":
        """The saved index if it was built from exactly `expected`, else None: build it again.

        Only for folders that this platform wrote: FAISS trusts its files.
        """
        try:
            if msgspec.json.decode((folder / "stamp.json").read_bytes(), type=Stamp) != expected:
                return None
            parts = [np.load(folder / f"{n}", allow_pickle=False) for n in ("index.faiss", "keys.npy", "ids.npy")]
            index = faiss.deserialize_index(parts[0])
        except (OSError, ValueError, RuntimeError, msgspec.MsgspecError):
            return None
        if not index.ntotal == len(parts[1]) == len(parts[2]) == expected.count or index.d != expected.dim:
            return None
        loaded = cls.__new__(cls)
        loaded._lock = threading.Lock()
        loaded._index = index
        loaded._ids = {int(key): UUID(bytes=row.tobytes()) for key, row in zip(parts[1], parts[2], strict=True)}
        loaded._keys = {image_id: key for key, image_id in loaded._ids.items()}
        loaded._next = max(loaded._ids, default=-1) + 1
        return loaded


def _empty(rows: np.ndarray) -> faiss.Index:
    count, dim = rows.shape
    if count <= FLAT_UP_TO:
        return faiss.IndexIDMap2(faiss.IndexFlatIP(dim))
    # Inverted lists keep ids themselves; IndexIDMap2 around them would lose track at the first removal.
    index = faiss.index_factory(dim, f"IVF{int(4 * count**0.5)},Flat", faiss.METRIC_INNER_PRODUCT)
    index.train(rows)
    return index
