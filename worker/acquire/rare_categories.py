"""Pictures that may show a category of which hardly anything is labelled (learning.md 1.3, quota for rare classes)."""

import numpy as np

from worker.acquire.pool import Pick, Pool, nearest_similarity


def rare_categories(pool: Pool, budget: int, seed: int) -> list[Pick]:
    """Up to `budget` picks, the rare categories taking turns; fewer when nothing points at them.

    Where the latest run predicts the category anywhere, the expected number of its boxes ranks the pictures; otherwise
    the cosine to its nearest example (`pool.rare_examples`: crops or images that show it, or its name as text).
    `seed` is not used.
    """
    names = pool.facts.rare_categories if pool.facts else ()
    queues = [queue for name in names if (queue := _ranked(pool, name, budget * (1 + len(names))))]
    picks: list[Pick] = []
    chosen: set[int] = set()
    while len(picks) < budget and queues:
        for queue in queues:
            fresh = next((pick for pick in queue if pick.index not in chosen), None)
            if fresh is not None and len(picks) < budget:
                picks.append(fresh)
                chosen.add(fresh.index)
        queues = [queue for queue in queues if any(pick.index not in chosen for pick in queue)]
    return picks


def _ranked(pool: Pool, name: str, wanted: int) -> list[Pick]:
    candidates = pool.candidates
    expected = np.zeros(len(pool))
    if pool.predictions is not None and name in pool.predictions.category_names:
        here = pool.predictions.categories == pool.predictions.category_names.index(name)
        expected = np.bincount(
            pool.predictions.rows[here], pool.predictions.confidences[here].astype(np.float64), minlength=len(pool)
        )
    if expected[candidates].any():
        order = candidates[np.lexsort((candidates, -expected[candidates]))][:wanted]
        return [
            Pick(int(row), float(expected[row]), f"may show {name}: {expected[row]:.1f} expected", {"category": name})
            for row in order
            if expected[row] > 0
        ]
    examples = pool.rare_examples.get(name)
    if examples is None or not len(examples):
        return []
    similarity = np.full(len(candidates), -np.inf, np.float32)
    nearest_similarity(pool.rows(candidates), np.ascontiguousarray(examples, np.float32), similarity)
    order = np.lexsort((candidates, -similarity))[:wanted]
    return [
        Pick(
            int(candidates[i]),
            float(similarity[i]),
            f"resembles an example of {name}: cosine {similarity[i]:.2f}",
            {"category": name, "similarity": float(similarity[i])},
        )
        for i in order
    ]
