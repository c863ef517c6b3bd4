"""The baseline, and the audit set: every picture has the same chance."""

import numpy as np

from worker.acquire.pool import Pick, Pool


def random(pool: Pool, budget: int, seed: int) -> list[Pick]:
    """`budget` picks without replacement, nested: a smaller budget with the same seed gives a prefix."""
    order = np.random.default_rng(seed).permutation(pool.candidates)[:budget]
    return [Pick(int(row), 0.0, "drawn at random") for row in order]
