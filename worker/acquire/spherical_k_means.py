"""Spherical k-means with FAISS on rows of a pool, of which the matrix may be larger than one wants in float32."""

from dataclasses import dataclass

import faiss
import numpy as np

from worker.acquire.pool import Pool

FIT_ALL_UP_TO = 200_000
REDO_UP_TO = 20_000


@dataclass(frozen=True)
class Clusters:
    rows: np.ndarray
    """int (n,): the clustered pool rows."""
    labels: np.ndarray
    """int (n,): each one's cluster, 0 to k - 1; a cluster may be empty."""
    similarities: np.ndarray
    """float32 (n,): cosine to its centre."""
    k: int

    def members(self, cluster: int) -> np.ndarray:
        """Positions in `rows`, most central first, ties by row."""
        inside = np.flatnonzero(self.labels == cluster)
        return inside[np.lexsort((inside, -self.similarities[inside]))]

    def by_need(self, labelled: np.ndarray) -> list[int]:
        """Clusters that are not empty: fewest labelled rows first, then the largest, then by number."""
        sizes = np.bincount(self.labels, minlength=self.k)
        covered = np.bincount(self.labels[np.isin(self.rows, labelled)], minlength=self.k)
        order = np.lexsort((np.arange(self.k), -sizes, covered))
        return [int(cluster) for cluster in order if sizes[cluster]]


def spherical_k_means(pool: Pool, rows: np.ndarray, k: int, seed: int, *, fit_at_most: int = FIT_ALL_UP_TO) -> Clusters:
    """Cluster `rows` into min(k, len(rows)) groups by cosine: k-means++ start, 25 iterations, the best of 3 tries.
    Above 20,000 rows one try: there they differ by less than what a choice of pictures can feel.

    Centres are fitted on at most `fit_at_most` rows (a seeded sample), all rows are assigned. FAISS would silently
    sample down to 256 rows per centre otherwise. The same seed gives the same clusters on the same machine and number
    of threads; batches therefore store what was chosen, not how to choose it again.
    """
    k = min(k, len(rows))
    generator = np.random.default_rng(seed)
    sample = (
        np.sort(generator.permutation(len(rows))[:fit_at_most]) if len(rows) > fit_at_most else np.arange(len(rows))
    )
    fit = np.ascontiguousarray(pool.rows(rows[sample]))
    means = faiss.Kmeans(
        fit.shape[1],
        k,
        niter=25,
        nredo=3 if len(fit) <= REDO_UP_TO else 1,
        spherical=True,
        seed=int(generator.integers(1, 2**31 - 1)),
        min_points_per_centroid=1,
        max_points_per_centroid=max(256, -(-len(fit) // k)),
        init_method=faiss.ClusteringInitMethod_KMEANS_PLUS_PLUS,
    )
    means.train(fit)
    centres = np.asarray(means.centroids)
    labels = np.empty(len(rows), np.int64)
    similarities = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), 16_384):
        scores = pool.rows(rows[start : start + 16_384]) @ centres.T
        part = slice(start, start + len(scores))
        labels[part] = scores.argmax(axis=1)
        similarities[part] = scores.max(axis=1)
    return Clusters(rows, labels, similarities, k)
