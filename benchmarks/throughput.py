"""Pictures a second of embedding and prediction, and their memory: `python -m benchmarks.throughput [--json FILE]`.

Each case runs in a fresh process over a stream of drawn pictures on disk, each an encoding of its own up to 500 and
then from the first again, so that the memory of many pictures shows. On a GPU it also tells the share of the bf16
matrix ceiling that this card reaches here.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from uuid import UUID

import psutil
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.table import Figure, print_figures
from domain.ports import Embedder
from worker.detectors import load_detector
from worker.drawn_parts import draw_parts
from worker.embedders import DEFAULT_EMBEDDER, load_embedder

KINDS = ("embedding", "prediction")
DRAWN = 32
ENCODED = 500
BATCH = 16
IMAGE_SIZE = 320
CEILING_SIDE = 8_192
FLAT_MB = 64.0
"""Resident memory may grow by this between a tenth of the pictures and all: allocators keep some."""
MARKS = (0.1, 0.5, 1.0)


def bf16_ceiling_flops() -> float:
    """Floating-point operations a second of the largest matrix product, measured; 0 without a GPU."""
    if not torch.cuda.is_available():
        return 0.0
    a, b = (torch.randn(CEILING_SIDE, CEILING_SIDE, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        torch.matmul(a, b)
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(20):
        torch.matmul(a, b)
    torch.cuda.synchronize()
    return 20 * 2 * CEILING_SIDE**3 / (time.perf_counter() - started)


def counted_flops(one_picture: Callable[[], object]) -> float:
    """Multiplications and additions in the convolutions and matrix products of one picture's pass."""
    counter = FlopCounterMode(display=False)
    with counter:
        one_picture()
    return float(counter.get_total_flops())


def measured(kind: str, weights: Path, images: int) -> dict[str, float | str]:
    """One case in this process. `rss_*_mb`: resident after that share of the pictures."""
    device = "cuda:0" if torch.cuda.is_available() else "cpu"
    with tempfile.TemporaryDirectory(prefix="autoannotate-throughput-") as folder:
        drawn = encoded(Path(folder), min(images, ENCODED))
        paths = islice(cycle(drawn), images)
        if kind == "embedding":
            embedder = load_embedder(DEFAULT_EMBEDDER, None, device)
            name, steps = embedder.name, _embedded(embedder, paths)
            flops = counted_flops(lambda: embedder.embed_images(drawn[:1]))
        else:
            name, steps = weights.stem, _predicted(weights, paths, device)
            flops = counted_flops(lambda: list(_predicted(weights, iter(drawn[:1]), device)))
        # The first batch loads and warms up: the clock starts after it.
        first = done = next(steps)
        resident: list[float] = []
        started = time.perf_counter()
        for step in steps:
            done += step
            while len(resident) < len(MARKS) and done >= images * MARKS[len(resident)]:
                resident.append(resident_mb())
        seconds = time.perf_counter() - started
    per_second = (done - first) / max(seconds, 1e-9)
    return {
        "kind": kind,
        "model": name,
        "device": device,
        "images": done,
        "images_per_second": per_second,
        "rss_10_mb": resident[0],
        "rss_50_mb": resident[1],
        "rss_100_mb": resident[2],
        "gflops_per_image": flops / 1e9,
        "bf16_ceiling_tflops": (ceiling := bf16_ceiling_flops()) / 1e12,
        "share_of_ceiling": per_second * flops / ceiling if ceiling else 0.0,
    }


def _embedded(embedder: Embedder, paths: Iterator[Path]) -> Iterator[int]:
    while group := list(islice(paths, BATCH)):
        yield len(embedder.embed_images(group))


def _predicted(weights: Path, paths: Iterator[Path], device: str) -> Iterator[int]:
    pictures = ((UUID(int=place), path) for place, path in enumerate(paths))
    found = load_detector("ultralytics").predict(
        weights, pictures, image_size=IMAGE_SIZE, batch=BATCH, min_confidence=0.01, device=device
    )
    return (1 for _ in found)


def encoded(folder: Path, count: int) -> list[Path]:
    """JPEGs of a few drawn pictures, no two files alike."""
    drawn = [one.path for one in draw_parts(folder, DRAWN, seed=1) if one.path is not None]
    files: list[Path] = []
    for number in range(count):
        files.append(folder / f"{number}.jpg")
        with Image.open(drawn[number % DRAWN]) as picture:
            picture.convert("RGB").save(files[-1], quality=60 + number // DRAWN)
    return files


def resident_mb() -> float:
    return psutil.Process().memory_info().rss / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="of a YOLO detector, yolov8n.pt for instance")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--case", choices=KINDS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.images < 10 * BATCH:
        parser.error(f"--images: at least {10 * BATCH}, or a tenth of them is no batch")
    if options.case:
        print(json.dumps(measured(options.case, options.weights, options.images)))
        return 0
    rows, figures = [], []
    for kind in KINDS:
        command = [sys.executable, "-m", "benchmarks.throughput", "--case", kind, "--weights", str(options.weights)]
        command += ["--images", str(options.images)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        row = json.loads(answer.strip().splitlines()[-1])
        rows.append(row)
        figures += [
            Figure(f"{kind} with {row['model']} on {row['device']}", row["images_per_second"], "images/s"),
            *(Figure(f"{kind}: resident at {share} %", row[f"rss_{share}_mb"], "MB") for share in (10, 50, 100)),
            Figure(f"{kind}: growth from 10 to 100 %", row["rss_100_mb"] - row["rss_10_mb"], "MB", at_most=FLAT_MB),
        ]
        if row["bf16_ceiling_tflops"]:
            figures.append(Figure(f"{kind}: of the bf16 ceiling", 100 * row["share_of_ceiling"], "%"))
    print_figures("Throughput", figures)
    if options.json:
        options.json.write_text(
            json.dumps({"machine": platform.machine(), "torch": torch.__version__, "rows": rows}, indent=1)
        )
    return 1 if any(figure.reached is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
