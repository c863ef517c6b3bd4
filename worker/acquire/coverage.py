"""Greedy kernel coverage, evaluated lazily: the core of `herding` and of the default policy's warm rounds."""

import heapq

import numpy as np

MAX_POINTS = 10_000
"""The kernel is n x n float32: 400 MB here."""


def rbf_kernel(a: np.ndarray, b: np.ndarray, sigma: float) -> np.ndarray:
    """exp(-|x - y|^2 / sigma^2), float32 (len(a), len(b)), for unit rows."""
    kernel = a @ b.T
    kernel -= 1
    kernel *= 2 / sigma**2
    return np.exp(kernel, out=kernel)


def lazy_cover(
    kernel: np.ndarray, budget: int, weights: np.ndarray | None = None, covered: np.ndarray | None = None
) -> list[tuple[int, float]]:
    """The greedy maximiser of sum_x weights[x] * max over chosen of kernel[x, chosen]: (position, gain) pairs.

    `kernel` float32 (n, n), not negative and symmetric; `covered` (n,) is what the labelled images give already. Gains
    only ever shrink (the objective is submodular), so an old gain is an upper bound and most need no new look
    (Minoux 1978). Ties go to the lower position. At least 1 - 1/e of the best possible value.
    """
    count = len(kernel)
    weights = np.ones(count, np.float32) if weights is None else weights.astype(np.float32)
    covered = np.zeros(count, np.float32) if covered is None else covered.astype(np.float32)
    gains = np.empty(count, np.float32)
    for start in range(0, count, 1_024):
        gains[start : start + 1_024] = np.maximum(kernel[start : start + 1_024] - covered, 0) @ weights
    heap = [(-float(gain), position, 0) for position, gain in enumerate(gains)]
    heapq.heapify(heap)
    chosen: list[tuple[int, float]] = []
    while len(chosen) < budget and heap:
        negative, position, seen = heapq.heappop(heap)
        if seen < len(chosen):
            gain = float(np.maximum(kernel[position] - covered, 0) @ weights)
            heapq.heappush(heap, (-gain, position, len(chosen)))
            continue
        chosen.append((position, -negative))
        np.maximum(covered, kernel[position], out=covered)
    return chosen
