"""Cluster centres (Burghouts et al. 2022, "Cluster Centers Provide Good First Labels for Object Detection")."""

import numpy as np

from worker.acquire.k_center import k_center
from worker.acquire.pool import Pick, Pool
from worker.acquire.spherical_k_means import FIT_ALL_UP_TO, spherical_k_means

MAX_CLUSTERS = 500


def cluster_centres(pool: Pool, budget: int, seed: int, *, fit_at_most: int = FIT_ALL_UP_TO) -> list[Pick]:
    """The picture nearest the centre of each cluster; score = number of pictures it stands for.

    Nothing labelled: `budget` clusters. Later: taken + budget clusters (at most 500, or the budget), and those with the
    fewest labelled pictures are visited first, the largest of them first, one picture each.
    """
    budget = min(budget, len(pool.candidates))
    if not budget:
        return []
    rows = np.union1d(pool.candidates, pool.taken)
    k = max(budget, min(len(pool.taken) + budget, MAX_CLUSTERS))
    clusters = spherical_k_means(pool, rows, k, seed, fit_at_most=fit_at_most)
    free = np.isin(clusters.rows, pool.candidates)
    picks: list[Pick] = []
    for cluster in clusters.by_need(pool.taken):
        members = clusters.members(cluster)
        open_members = members[free[members]]
        if not open_members.size or len(picks) == budget:
            continue
        labelled = len(members) - len(open_members)
        similarity = float(clusters.similarities[open_members[0]])
        picks.append(
            Pick(
                int(clusters.rows[open_members[0]]),
                float(len(members)),
                f"stands for {len(members)} similar pictures, {labelled or 'none'} of them labelled",
                {"cluster_size": len(members), "cluster_labelled": labelled, "similarity_to_centre": similarity},
            )
        )
    if len(picks) < budget:
        # Equal vectors leave clusters empty; what is still wanted comes from the farthest pictures.
        picks += k_center(pool.without(picks), budget - len(picks), seed)
    return picks
