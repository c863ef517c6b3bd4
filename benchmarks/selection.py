"""Seconds and peak memory of every acquisition function: `python -m benchmarks.selection [--json FILE] [--quick]`.

Each case runs in a fresh process, so that its peak memory is its own; inputs are made before the clock starts. Pictures
are drawn vectors: 200 clumps in 512 dimensions, 1 in 100 labelled, 15 predicted boxes on each.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from domain.selection import LoopFacts
from worker.acquire import ACQUISITION_FUNCTIONS, Pool, Predictions, acquire
from worker.near_duplicates import near_duplicate_groups

DIM = 512
BUDGET = 100
LIMITS = {
    ("k_center", 100_000): (4.0, None),
    ("k_center", 1_000_000): (60.0, 5.0),
    ("hybrid", 100_000): (15.0, 1.5),
}
"""(seconds, GB) that issues 2 and 5 ask for."""


def drawn_vectors(count: int, dtype: type) -> np.ndarray:
    generator = np.random.default_rng(0)
    middles = generator.standard_normal((200, DIM)).astype(np.float32)
    vectors = np.empty((count, DIM), dtype)
    for start in range(0, count, 50_000):
        rows = min(50_000, count - start)
        block = middles[generator.integers(0, 200, rows)] + generator.standard_normal((rows, DIM), np.float32)
        vectors[start : start + rows] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return vectors


def drawn_pool(name: str, count: int) -> Pool:
    """float16 storage from a million on, as the vectors lie in the database."""
    labelled = np.arange(0, count, max(100, count // 1_000))
    vectors = drawn_vectors(count, np.float16 if count >= 1_000_000 else np.float32)
    if name not in ("uncertainty", "hybrid"):
        return Pool(vectors, labelled)
    generator = np.random.default_rng(1)
    predictions = Predictions(
        rows=np.repeat(np.arange(count), 15),
        confidences=generator.beta(0.6, 0.6, 15 * count).astype(np.float32),
        categories=generator.integers(0, 3, 15 * count),
        predicted_rows=np.arange(count),
        category_names=("a", "b", "c"),
    )
    facts = LoopFacts(len(labelled), dict.fromkeys("abc", 500), map50=0.7, has_predictions=True)
    boxes = np.full(len(labelled), 15)
    return Pool(vectors, labelled, predictions=predictions, labelled_boxes=boxes, facts=facts)


def measured(name: str, count: int) -> dict[str, object]:
    """One case in this process. `gb` is the peak of the whole process, Python, libraries and input included."""
    if name == "near_duplicates":
        hashes = np.random.default_rng(0).integers(0, 256, (count, 32), dtype=np.uint8)
        digests, vectors = [str(row) for row in range(count)], drawn_vectors(count, np.float32)
        started = time.perf_counter()
        near_duplicate_groups(digests, hashes, vectors)
        found = 0
    else:
        pool = drawn_pool(name, count)
        started = time.perf_counter()
        found = len(acquire(name, pool, BUDGET, seed=0))
    seconds = time.perf_counter() - started
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"function": name, "images": count, "picks": found, "seconds": seconds, "gb": peak_gb}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="10,000 pictures only: checks the plumbing")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        name, count = options.case.split(":")
        print(json.dumps(measured(name, int(count))))
        return 0
    size = 10_000 if options.quick else 100_000
    cases = [(name, size) for name in ACQUISITION_FUNCTIONS] + [("near_duplicates", size)]
    if not options.quick:
        cases.append(("k_center", 1_000_000))
    print(f"{BUDGET} of n pictures, {DIM} dimensions; {platform.machine()}, {platform.python_version()}")
    print(f"{'function':<16}{'images':>10}{'seconds':>10}{'peak GB':>9}  must reach")
    rows, missed = [], 0
    for name, count in cases:
        command = [sys.executable, "-m", "benchmarks.selection", "--case", f"{name}:{count}"]
        row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        seconds, gb = LIMITS.get((name, count), (None, None))
        kept = (seconds is None or row["seconds"] <= seconds) and (gb is None or row["gb"] <= gb)
        missed += not kept
        wanted = " ".join(f"<= {limit:g} {unit}" for limit, unit in ((seconds, "s"), (gb, "GB")) if limit is not None)
        verdict = "" if not wanted else "kept" if kept else "MISSED"
        print(
            f"{name:<16}{count:>10,}{row['seconds']:>10.2f}{row['gb']:>9.2f}  {wanted} {verdict}".rstrip(), flush=True
        )
        rows.append(row | {"limit_seconds": seconds, "limit_gb": gb})
    if options.json:
        options.json.write_text(json.dumps({"budget": BUDGET, "dim": DIM, "rows": rows}, indent=1))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
