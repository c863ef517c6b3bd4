"""The default policy (learning.md 1.4): `domain.selection.plan_batch` says how many by which method, this does it."""

from dataclasses import replace

import numpy as np

from domain.selection import LoopFacts, Share, plan_batch
from worker.acquire.cluster_centres import cluster_centres
from worker.acquire.coverage import MAX_POINTS, lazy_cover, rbf_kernel
from worker.acquire.herding import covered_by_taken
from worker.acquire.k_center import k_center
from worker.acquire.pool import Pick, Pool
from worker.acquire.random_sample import random
from worker.acquire.rare_categories import rare_categories
from worker.acquire.uncertainty import reason_for, scores_of

FIT_AT_MOST = 25_600
SIGMA_RANGE = (0.2, 1.0)


def hybrid(pool: Pool, budget: int, seed: int) -> list[Pick]:
    """`budget` picks; those with `audit` set are the random share, never to be trained on in audit runs.

    `pool.facts` says where the loop stands; without it only `pool.labelled` is known and the batch is coverage plus
    audit. A share that finds too little (no example of a rare category) is filled up by coverage.
    """
    facts = pool.facts or LoopFacts(labelled_images=len(pool.labelled))
    budget = min(budget, len(pool.candidates))
    picks: list[Pick] = []
    for place, share in enumerate(plan_batch(facts, budget) if budget else ()):
        left = pool.without(picks)
        picks += [_told(pick, share) for pick in _choose(left, share, seed + place)]
    if len(picks) < budget:
        picks += k_center(pool.without(picks), budget - len(picks), seed)
    return picks


def uncertain_coverage(pool: Pool, budget: int, seed: int) -> list[Pick]:
    """UHerding (Bae, Dong, Oliveira & Sutherland 2025), from the formula: maximise sum_x U(x) max_l k(x, l) greedily.

    The labelled images cover already; the kernel's width is the smallest distance between two of them, 0.2 to 1.0.
    Candidates: the most uncertain max(4 * budget, 2000) and 2,000 random ones, 10,000 at most. Score = share of the
    candidates' total uncertainty that the pick covers in addition.
    """
    scores = scores_of(pool)
    candidates = pool.candidates
    by_score = candidates[np.lexsort((candidates, -scores[candidates]))]
    top = min(max(4 * budget, 2_000), MAX_POINTS - 2_000)
    rest = np.random.default_rng(seed).permutation(by_score[top:])[:2_000]
    rows = np.sort(np.concatenate([by_score[:top], rest]))
    vectors, weights = pool.rows(rows), scores[rows].astype(np.float32)
    total = float(weights.sum()) or 1.0
    sigma = _width(pool)
    covered = covered_by_taken(pool, vectors, sigma)
    chosen = lazy_cover(rbf_kernel(vectors, vectors, sigma), budget, weights, covered)
    return [
        Pick(
            int(rows[position]),
            gain / total,
            reason_for(pool, int(rows[position])),
            {"uncertainty": float(weights[position]), "coverage_gain": gain / total, "sigma": sigma},
        )
        for position, gain in chosen
    ]


def _choose(pool: Pool, share: Share, seed: int) -> list[Pick]:
    match share.method:
        case "random":
            return random(pool, share.count, seed)
        case "cluster_centres":
            return cluster_centres(pool, share.count, seed, fit_at_most=FIT_AT_MOST)
        case "rare_categories":
            return rare_categories(pool, share.count, seed)
        case "uncertain_coverage":
            return uncertain_coverage(pool, share.count, seed)


def _told(pick: Pick, share: Share) -> Pick:
    details = {**pick.details, "method": share.method, "why": share.why}
    return replace(pick, reason=f"{pick.reason} ({share.why})", details=details, audit=share.audit)


def _width(pool: Pool) -> float:
    rows = pool.labelled[:2_000]
    if len(rows) < 2:
        return SIGMA_RANGE[1]
    vectors = pool.rows(rows)
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -1)
    smallest = float(np.sqrt(max(0.0, 2 - 2 * float(similarity.max()))))
    return min(max(smallest, SIGMA_RANGE[0]), SIGMA_RANGE[1])
