"""The 2-D picture of a project's vectors: their two principal components."""

import numpy as np

from worker.acquire.pool import blocks


def embedding_map(matrix: np.ndarray) -> np.ndarray:
    """float32 (n, 2), each axis -1 to 1, for `matrix` (n, d). The same vectors give the same map.

    Principal components from the covariance matrix, summed block by block: memory does not grow with n.
    """
    count, dim = matrix.shape
    if count < 2 or dim < 2:
        return np.zeros((count, 2), np.float32)
    total, products = np.zeros(dim), np.zeros((dim, dim))
    for _, block in blocks(matrix):
        total += block.sum(axis=0, dtype=np.float64)
        products += block.T @ block
    mean = total / count
    _, axes = np.linalg.eigh(products / count - np.outer(mean, mean))
    plane = axes[:, [-1, -2]]
    # An axis may point either way: its largest entry decides.
    plane *= np.sign(plane[np.abs(plane).argmax(axis=0), [0, 1]])
    placed = np.empty((count, 2), np.float32)
    for start, block in blocks(matrix):
        placed[start : start + len(block)] = (block - mean) @ plane
    widest = np.abs(placed).max(axis=0)
    return placed / np.where(widest > 1e-6, widest, 1)
