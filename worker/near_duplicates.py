"""Groups of pictures that show the same: equal bytes, almost equal difference hash, or close in both senses.

The rule of learning.md 1.4. Such a group gets one place in a batch and never straddles a split.
"""

from collections.abc import Sequence

import faiss
import numpy as np
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

HASH_SIDE = 16
SAME_BITS = 10
SIMILAR_BITS = 25
MIN_COSINE = 0.97
QUERIES_AT_ONCE = 256
SAMPLE = 4_000


def dhash_256(image: Image.Image) -> bytes:
    """32 bytes: is each of 16x16 grey cells brighter than its left neighbour? Robust to scale, quality and tint."""
    grey = np.asarray(image.convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BOX), np.int16)
    return np.packbits(grey[:, 1:] > grey[:, :-1]).tobytes()


def near_duplicate_groups(digests: Sequence[str], hashes: np.ndarray, vectors: np.ndarray | None = None) -> np.ndarray:
    """int64 (n,): each row's group, named by its lowest row.

    `digests`: SHA-256 of the files; `hashes`: uint8 (n, 32) of `dhash_256`; `vectors`: (n, d) unit rows or None.
    Equal digest, or at most 10 differing bits, or at most 25 and a cosine of at least `similar_cosine(...)`.
    """
    count = len(digests)
    if not count:
        return np.empty(0, np.int64)
    hashes = np.ascontiguousarray(hashes, np.uint8)
    _, digest_of = np.unique(np.asarray(digests), return_inverse=True)
    unique_hashes, hash_of = np.unique(hashes, axis=0, return_inverse=True)
    first_of_hash = np.full(len(unique_hashes), count, np.int64)
    np.minimum.at(first_of_hash, hash_of, np.arange(count))
    edges = [_to_first(digest_of), np.stack([np.arange(count), first_of_hash[hash_of]])]
    cosine = similar_cosine(hashes, vectors) if vectors is not None else 2.0
    for a, b, bits in _close_hashes(unique_hashes):
        same = bits <= SAME_BITS
        if vectors is not None:
            # Rows of one hash are already together, so its first row's vector speaks for them.
            left, right = first_of_hash[a[~same]], first_of_hash[b[~same]]
            same[~same] = np.einsum("ij,ij->i", vectors[left], vectors[right], dtype=np.float32) >= cosine
        edges.append(np.stack([first_of_hash[a[same]], first_of_hash[b[same]]]))
    ends = np.concatenate(edges, axis=1)
    graph = coo_array((np.ones(ends.shape[1], np.bool_), (ends[0], ends[1])), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    return _to_first(component)[1]


def similar_cosine(hashes: np.ndarray, vectors: np.ndarray, seed: int = 0) -> float:
    """The cosine from which two pictures may be called near-duplicates: at least 0.97.

    It is the 99.9th percentile of the cosine to the nearest picture whose hash is certainly different (over 25 bits),
    on at most 4,000 rows: in microscopy everything is similar. Measured on certainly different pairs, because a folder
    full of duplicates would otherwise raise the bar by its own duplicates.
    """
    rows = np.sort(np.random.default_rng(seed).permutation(len(vectors))[:SAMPLE])
    index = faiss.IndexFlatIP(vectors.shape[1])
    nearest: list[float] = []
    best = np.full((len(rows), 8), -np.inf, np.float32)
    where = np.zeros((len(rows), 8), np.int64)
    queries = np.ascontiguousarray(vectors[rows], np.float32)
    for start in range(0, len(vectors), 16_384):
        index.reset()
        index.add(np.ascontiguousarray(vectors[start : start + 16_384], np.float32))
        similarity, place = index.search(queries, min(8, index.ntotal))
        merged = np.concatenate([best, similarity], axis=1)
        order = np.argsort(-merged, axis=1, kind="stable")[:, :8]
        best = np.take_along_axis(merged, order, 1)
        where = np.take_along_axis(np.concatenate([where, place + start], axis=1), order, 1)
    differing = np.bitwise_count(hashes[where] ^ hashes[rows][:, None, :]).sum(axis=2)
    best[(differing <= SIMILAR_BITS) | (where == rows[:, None])] = -np.inf
    nearest = [float(value) for value in best.max(axis=1) if np.isfinite(value)]
    return max(MIN_COSINE, float(np.percentile(nearest, 99.9))) if nearest else MIN_COSINE


def _close_hashes(hashes: np.ndarray):
    """(i, j, differing bits) arrays with i < j, a block of queries at a time, for all pairs up to 25 bits."""
    index = faiss.IndexBinaryFlat(hashes.shape[1] * 8)
    index.add(hashes)
    for start in range(0, len(hashes), QUERIES_AT_ONCE):
        limits, distances, found = index.range_search(hashes[start : start + QUERIES_AT_ONCE], SIMILAR_BITS + 1)
        queries = start + np.repeat(np.arange(len(limits) - 1), np.diff(limits).astype(np.int64))
        once = queries < found
        yield queries[once], found[once], distances[once]


def _to_first(labels: np.ndarray) -> np.ndarray:
    """(2, n) edges from each row to the first row with its label."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.stack([np.arange(len(labels)), first[inverse]])
