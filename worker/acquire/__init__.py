"""Acquisition functions: `acquire(name, Pool(...), budget, seed)` gives the next images to label, each with its reason.

Every function is `(pool, budget, seed) -> list[Pick]`: no duplicates, nothing that is labelled or unavailable, at most
one picture of a near-duplicate group, fewer than `budget` when the pool is smaller, the same answer for the same seed.
"""

from collections.abc import Callable, Mapping
from typing import Any

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

ACQUISITION_FUNCTIONS: dict[str, Callable[..., list[Pick]]] = {
    "random": random,
    "k_center": k_center,
    "cluster_centres": cluster_centres,
    "typical": typical,
    "uncertainty": uncertainty,
    "herding": herding,
    "hybrid": hybrid,
}


def acquire(name: str, pool: Pool, budget: int, seed: int, settings: Mapping[str, Any] | None = None) -> list[Pick]:
    """The picks of one batch in the order in which they were chosen; `index` is the row of `pool` as given.

    `settings`: `measure` and `aggregation` of `uncertainty`; the other functions have none.
    Raises InvalidInput for an unknown name, a budget below 1, settings that the function does not have, or inputs it
    needs and the pool lacks.
    """
    if name not in ACQUISITION_FUNCTIONS:
        raise InvalidInput(f"no acquisition function {name!r}; there are: {', '.join(ACQUISITION_FUNCTIONS)}")
    if budget < 1:
        raise InvalidInput("the budget must be at least 1")
    if settings and name != "uncertainty":
        raise InvalidInput(f"{name} has no settings: {', '.join(settings)}")
    ordered, row_before = pool.sorted_by_id()
    picks = ACQUISITION_FUNCTIONS[name](ordered, budget, seed, **(settings or {}))
    return [Pick(int(row_before[p.index]), p.score, p.reason, p.details, p.audit) for p in picks]
