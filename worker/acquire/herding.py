"""MaxHerding (Bae, Noh & Sutherland 2024), from the formula: cover the pool softly, with an RBF kernel."""

import numpy as np

from worker.acquire.coverage import MAX_POINTS, lazy_cover, rbf_kernel
from worker.acquire.pool import Pick, Pool, nearest_similarity

SIGMA = 1.0


def herding(pool: Pool, budget: int, seed: int) -> list[Pick]:
    """`budget` picks; score = mean gain in coverage over the pool. Above 10,000 candidates: a seeded sample."""
    candidates = pool.candidates
    if len(candidates) > MAX_POINTS:
        candidates = np.sort(np.random.default_rng(seed).permutation(candidates)[:MAX_POINTS])
    vectors = pool.rows(candidates)
    chosen = lazy_cover(rbf_kernel(vectors, vectors, SIGMA), budget, covered=covered_by_taken(pool, vectors, SIGMA))
    return [
        Pick(
            int(candidates[position]),
            gain / len(candidates),
            f"resembles much that is unlabelled: coverage +{100 * gain / len(candidates):.1f} points",
            {"coverage_gain": gain / len(candidates)},
        )
        for position, gain in chosen
    ]


def covered_by_taken(pool: Pool, vectors: np.ndarray, sigma: float) -> np.ndarray:
    """float32 (len(vectors),): kernel to the most similar taken image, 0 where nothing is taken."""
    if not pool.taken.size:
        return np.zeros(len(vectors), np.float32)
    nearest = np.full(len(vectors), -np.inf, np.float32)
    nearest_similarity(vectors, pool.rows(pool.taken), nearest)
    return np.exp((nearest - 1) * 2 / sigma**2)
