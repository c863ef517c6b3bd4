"""TypiClust (Hacohen, Dekel & Weinshall 2022): the most typical picture of each cluster without labels."""

import numpy as np

from worker.acquire.k_center import k_center
from worker.acquire.pool import Pick, Pool
from worker.acquire.spherical_k_means import FIT_ALL_UP_TO, spherical_k_means

MAX_CLUSTERS = 500
MIN_CLUSTER = 5
NEIGHBOURS = 20
MEMBERS_AT_MOST = 2_000
"""A larger cluster is judged on a seeded sample: typicality compares all its pairs."""


def typical(pool: Pool, budget: int, seed: int, *, fit_at_most: int = FIT_ALL_UP_TO) -> list[Pick]:
    """`budget` picks; score = typicality = 1 / mean distance to the nearest min(20, n/2) pictures of the cluster.

    min(taken + budget, 500) clusters over everything; those under 5 pictures are left out while others exist; fewest
    labelled first, then largest, in turn until the budget is spent.
    """
    budget = min(budget, len(pool.candidates))
    if not budget:
        return []
    rows = np.union1d(pool.candidates, pool.taken)
    k = min(len(pool.taken) + budget, max(MAX_CLUSTERS, 1))
    clusters = spherical_k_means(pool, rows, k, seed, fit_at_most=fit_at_most)
    free = np.isin(clusters.rows, pool.candidates)
    order = [(cluster, clusters.members(cluster)) for cluster in clusters.by_need(pool.taken)]
    large = [(cluster, members) for cluster, members in order if len(members) >= MIN_CLUSTER] or order
    generator = np.random.default_rng(seed)
    queues = [_by_typicality(pool, clusters.rows, members, free, generator) for _, members in large]
    picks: list[Pick] = []
    depth = 0
    while len(picks) < budget and any(len(queue) > depth for queue in queues):
        for (_, members), queue in zip(large, queues, strict=True):
            if len(queue) > depth and len(picks) < budget:
                row, typicality = queue[depth]
                reason = f"typical of {len(members)} similar pictures: typicality {typicality:.2f}"
                details = {"cluster_size": len(members), "typicality": typicality}
                picks.append(Pick(row, typicality, reason, details))
        depth += 1
    if len(picks) < budget:
        picks += k_center(pool.without(picks), budget - len(picks), seed)
    return picks


def _by_typicality(
    pool: Pool, rows: np.ndarray, members: np.ndarray, free: np.ndarray, generator: np.random.Generator
) -> list[tuple[int, float]]:
    """(pool row, typicality) of the cluster's pickable members, the most typical first."""
    if len(members) > MEMBERS_AT_MOST:
        members = generator.choice(members, MEMBERS_AT_MOST, replace=False)
    members = np.sort(members)
    typicality = typicality_of(pool.rows(rows[members]))
    order = np.lexsort((members, -typicality))
    return [(int(rows[members[i]]), float(typicality[i])) for i in order if free[members[i]]]


def typicality_of(vectors: np.ndarray) -> np.ndarray:
    """float32 (n,) for the unit rows of one cluster; 1 for a picture on its own. Distances are Euclidean."""
    count = len(vectors)
    if count == 1:
        return np.ones(1, np.float32)
    neighbours = max(1, min(NEIGHBOURS, count // 2))
    distances = np.sqrt(np.maximum(0, 2 - 2 * (vectors @ vectors.T)))
    np.fill_diagonal(distances, np.inf)
    nearest = np.partition(distances, neighbours - 1, axis=1)[:, :neighbours]
    return 1 / (nearest.mean(axis=1) + 1e-6)
