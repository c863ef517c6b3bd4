"""Acquisition functions: `acquire(name, Pool(...), budget, seed)` gives the next images to label, each with its reason.

Every function is `(pool, budget, seed) -> list[Pick]`: no duplicates, nothing that is labelled or unavailable, at most
one picture of a near-duplicate group, fewer than `budget` when the pool is smaller, the same answer for the same seed.
"""

from collections.abc import Callable

from domain.errors import InvalidInput
from worker.acquire.cluster_centres import cluster_centres
from worker.acquire.herding import herding
from worker.acquire.hybrid import hybrid
from worker.acquire.k_center import k_center
from worker.acquire.pool import Pick, Pool, Predictions
from worker.acquire.random_sample import random
from worker.acquire.typical import typical
from worker.acquire.uncertainty import uncertainty

__all__ = ["ACQUISITION_FUNCTIONS", "Pick", "Pool", "Predictions", "acquire"]

ACQUISITION_FUNCTIONS: dict[str, Callable[[Pool, int, int], list[Pick]]] = {
    "random": random,
    "k_center": k_center,
    "cluster_centres": cluster_centres,
    "typical": typical,
    "uncertainty": uncertainty,
    "herding": herding,
    "hybrid": hybrid,
}


def acquire(name: str, pool: Pool, budget: int, seed: int) -> list[Pick]:
    """The picks of one batch in the order in which they were chosen; `index` is the row of `pool` as given.

    Raises InvalidInput for an unknown name, a budget below 1, or inputs the function needs and the pool lacks.
    """
    if name not in ACQUISITION_FUNCTIONS:
        raise InvalidInput(f"no acquisition function {name!r}; there are: {', '.join(ACQUISITION_FUNCTIONS)}")
    if budget < 1:
        raise InvalidInput("the budget must be at least 1")
    ordered, row_before = pool.sorted_by_id()
    picks = ACQUISITION_FUNCTIONS[name](ordered, budget, seed)
    return [Pick(int(row_before[p.index]), p.score, p.reason, p.details, p.audit) for p in picks]
