"""The nearest pictures, and a cache that knows when it is out of date."""

from uuid import UUID

import msgspec
import numpy as np
import pytest

from worker import vector_index
from worker.vector_index import Stamp, VectorIndex

IDS = [UUID(int=n + 1) for n in range(60)]


def unit(count: int, dim: int = 8, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def nearest(ids, vectors, query, k):
    order = np.argsort(-(vectors @ query), kind="stable")[:k]
    return [ids[i] for i in order]


@pytest.fixture(params=["flat", "inverted lists"])
def kind(request, monkeypatch):
    if request.param != "flat":
        monkeypatch.setattr(vector_index, "FLAT_UP_TO", 0)
        monkeypatch.setattr(vector_index, "PROBES", 1_000)
    return request.param


def test_search_gives_the_most_similar_first(kind):
    vectors = unit(60)
    index = VectorIndex(IDS, vectors)
    found = index.search(vectors[7], 5)
    assert [i for i, _ in found] == nearest(IDS, vectors, vectors[7], 5)
    assert found[0] == (IDS[7], pytest.approx(1.0, abs=1e-5))
    assert [i for i, _ in index.search(vectors[7], 4, exclude=[IDS[7], UUID(int=999)])] == nearest(
        IDS, vectors, vectors[7], 5
    )[1:]
    assert len(index.search(vectors[7], 1_000)) == 60


def test_removed_images_are_gone_and_added_ones_are_found_under_their_own_id(kind):
    vectors = unit(60)
    index = VectorIndex(IDS[:50], vectors[:50])
    index.remove([*IDS[:20], UUID(int=999)])
    index.add(IDS[50:], vectors[50:])
    assert len(index) == 40
    for row in (25, 55):
        assert [i for i, _ in index.search(vectors[row], 6)] == nearest(IDS[20:], vectors[20:], vectors[row], 6)
    index.add([IDS[30]], vectors[:1])
    assert len(index) == 40
    assert index.search(vectors[0], 1)[0][0] == IDS[30]


def test_a_saved_index_is_used_only_if_nothing_differs(kind, tmp_path):
    vectors = unit(60)
    index = VectorIndex(IDS, vectors)
    index.remove(IDS[:3])
    stamp = Stamp(embedder="timm:x", dim=8, count=57, position=12)
    index.save(tmp_path, stamp)
    loaded = VectorIndex.load(tmp_path, stamp)
    assert loaded is not None
    assert loaded.search(vectors[9], 5) == index.search(vectors[9], 5)
    loaded.add(IDS[:3], vectors[:3])
    assert loaded.search(vectors[1], 1)[0][0] == IDS[1]
    for change in ({"embedder": "timm:y"}, {"position": 13}, {"count": 58}, {"dim": 9}, {"format": 2}):
        assert VectorIndex.load(tmp_path, msgspec.structs.replace(stamp, **change)) is None
    (tmp_path / "index.faiss").write_bytes(b"torn")
    assert VectorIndex.load(tmp_path, stamp) is None
    assert VectorIndex.load(tmp_path / "nowhere", stamp) is None


def test_a_repeated_id_is_refused():
    with pytest.raises(ValueError, match="each id once"):
        VectorIndex([IDS[0], IDS[0]], unit(2))


def test_an_empty_index_answers():
    index = VectorIndex([], np.empty((0, 8), np.float32))
    assert index.search(unit(1)[0], 3) == []
