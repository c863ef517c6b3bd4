"""k-centre greedy, the CoreSet of Sener & Savarese 2018: always the picture farthest from everything labelled."""

import numpy as np

from worker.acquire.pool import Pick, Pool, nearest_similarity

ACTIVE_ROWS = 8_192


def k_center(pool: Pool, budget: int, seed: int) -> list[Pick]:
    """`budget` picks; score = cosine distance to the nearest labelled or earlier picked image. `seed` is not used.

    Exact greedy, evaluated lazily: similarities to the nearest centre only grow, so the next picks almost always lie
    among the rows that were farthest at the last full pass. Only those few are kept up to date; a full pass, with
    all centres chosen since in one matrix product, comes when none of them is certain to be the farthest any more.
    One pass per pick would read the whole matrix `budget` times.
    """
    candidates = pool.candidates
    budget = min(budget, len(candidates))
    nearest = np.full(len(pool), np.inf, np.float32)
    nearest[candidates] = -np.inf
    picks: list[Pick] = []
    if budget and not pool.taken.size:
        row = _most_central(pool)
        picks.append(Pick(row, 1.0, "closest to the middle of all pictures", {"distance": None}))
    pending = np.concatenate([pool.taken, [pick.index for pick in picks]]).astype(np.int64)
    while len(picks) < budget:
        nearest_similarity(pool.vectors, pool.rows(pending), nearest)
        nearest[pending] = np.inf
        chosen = _certain_picks(pool, nearest, budget - len(picks))
        picks += [_pick(row, 1.0 - similarity) for row, similarity in chosen]
        pending = np.array([row for row, _ in chosen], np.int64)
    return picks


def _certain_picks(pool: Pool, nearest: np.ndarray, wanted: int) -> list[tuple[int, float]]:
    """The next (row, similarity) pairs that greedy would choose, as far as the farthest rows alone can tell."""
    count = min(ACTIVE_ROWS, len(nearest))
    if count < len(nearest):
        parted = np.argpartition(nearest, count)
        active, certain_below = np.sort(parted[:count]), float(nearest[parted[count]])
    else:
        active, certain_below = np.arange(count), np.inf
    first = int(nearest.argmin())
    chosen = [(first, float(nearest[first]))]
    vectors, similarity = pool.rows(active), nearest[active]
    while len(chosen) < wanted:
        newest = pool.rows(np.array([chosen[-1][0]]))[0]
        np.maximum(similarity, vectors @ newest, out=similarity)
        similarity[active == chosen[-1][0]] = np.inf
        place = int(similarity.argmin())
        if not similarity[place] < certain_below:
            break
        chosen.append((int(active[place]), float(similarity[place])))
    return chosen


def _most_central(pool: Pool) -> int:
    candidates = pool.candidates
    mean = np.zeros(pool.vectors.shape[1], np.float64)
    for start in range(0, len(candidates), 16_384):
        mean += pool.rows(candidates[start : start + 16_384]).sum(axis=0, dtype=np.float64)
    nearest = np.full(len(pool), -np.inf, np.float32)
    nearest_similarity(pool.vectors, mean.astype(np.float32)[None], nearest)
    return int(candidates[nearest[candidates].argmax()])


def _pick(row: int, distance: float) -> Pick:
    distance = max(0.0, distance)
    return Pick(row, distance, f"unlike anything labelled: cosine distance {distance:.2f}", {"distance": distance})
