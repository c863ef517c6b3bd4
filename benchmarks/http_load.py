"""HTTP figures of the platform on this machine: `python -m benchmarks.http_load [--json FILE]`.

Starts its own servers on a data folder of its own and stops them. Targets: issue 2, "Speed and memory".
"""

import argparse
import io
import json
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
from PIL import Image

from benchmarks.export_speed import BOXES, box_at, fill, measure_exports
from benchmarks.second_start import measure_second_start
from benchmarks.served import Platform, platform
from benchmarks.table import Figure, print_figures

FLAT_MB = 16.0
"""4,500 pictures of 30 kB weigh 135 MB: what stays below this does not keep them."""


def jpegs(count: int, size: tuple[int, int] = (640, 480)) -> list[bytes]:
    """Different pictures with some texture, about as heavy as a camera's."""
    random = np.random.default_rng(0)
    base = random.integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    blurred = Image.fromarray(base).resize(size, Image.Resampling.BICUBIC)
    pictures: list[bytes] = []
    for number in range(count):
        picture = blurred.copy()
        picture.putpixel((number % size[0], number // size[0]), (number % 256, 1, 2))
        picture.paste((number % 251, number % 83, number % 17), (10, 10, 40, 40))
        encoded = io.BytesIO()
        picture.save(encoded, "JPEG", quality=80)
        pictures.append(encoded.getvalue())
    return pictures


def draws(category: str, count: int = BOXES) -> dict[str, Any]:
    return {
        "commands": [
            {
                "type": "draw_annotation",
                "annotation_id": str(uuid.uuid4()),
                "category_id": category,
                "geometry": box_at(n),
            }
            for n in range(count)
        ]
    }


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def upload(client: httpx.Client, project: str, pictures: list[bytes], at_once: int = 50) -> tuple[list[str], float]:
    """(image ids, images per second)."""
    ids: list[str] = []
    started = time.perf_counter()
    for start in range(0, len(pictures), at_once):
        files = [
            ("files", (f"{start + n:05d}.jpg", content, "image/jpeg"))
            for n, content in enumerate(pictures[start : start + at_once])
        ]
        answer = client.post(f"/api/projects/{project}/images", files=files)
        answer.raise_for_status()
        ids += [image["id"] for image in answer.json()["registered"]]
    return ids, len(ids) / (time.perf_counter() - started)


def measure_saves(server: Platform, client: httpx.Client, category: str, images: list[str]) -> list[Figure]:
    for image in images[:20]:
        client.post(f"/api/images/{image}/commands", json=draws(category)).raise_for_status()
    milliseconds: list[float] = []
    cpu_before = server.cpu_seconds()
    for image in images[20:220]:
        body = draws(category)
        started = time.perf_counter()
        answer = client.post(f"/api/images/{image}/commands", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
        milliseconds.append(1000 * (time.perf_counter() - started))
        answer.raise_for_status()
    cpu = 1000 * (server.cpu_seconds() - cpu_before) / len(milliseconds)
    return [
        Figure("save 10 boxes, p50", statistics.median(milliseconds), "ms", at_most=8),
        Figure("save 10 boxes, p99", percentile(milliseconds, 0.99), "ms", at_most=40),
        Figure("save 10 boxes, CPU of API and PostgreSQL", cpu, "ms", at_most=8),
    ]


def measure_eight_clients(url: str, category: str, images: list[str], seconds: float = 6) -> Figure:
    counts: list[int] = []

    def work(mine: list[str]) -> None:
        done = 0
        with httpx.Client(base_url=url, timeout=30) as client:
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                answer = client.post(f"/api/images/{mine[done % len(mine)]}/commands", json=draws(category))
                answer.raise_for_status()
                done += 1
        counts.append(done)

    threads = [threading.Thread(target=work, args=(images[n::8],)) for n in range(8)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Figure("saves of 10 boxes, 8 clients", sum(counts) / (time.perf_counter() - started), "/s", at_least=250)


def measure_two_on_one(url: str, category: str, image: str, rounds: int = 200) -> list[Figure]:
    lost = doubled = 0
    with httpx.Client(base_url=url, timeout=30) as client:
        for _ in range(rounds):
            before = {a["id"] for a in client.get(f"/api/images/{image}/annotations").json()["annotations"]}
            bodies = [draws(category, 2), draws(category, 2)]
            threads = [
                threading.Thread(target=lambda b=b: httpx.post(f"{url}/api/images/{image}/commands", json=b))
                for b in bodies
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            listed = [a["id"] for a in client.get(f"/api/images/{image}/annotations").json()["annotations"]]
            wanted = {c["annotation_id"] for b in bodies for c in b["commands"]}
            lost += len(wanted - set(listed))
            doubled += len(listed) - len(set(listed)) + len(set(listed) - before - wanted)
            client.put(f"/api/images/{image}/annotations", json={"annotations": []}).raise_for_status()
    return [
        Figure("two clients on one image, 200 rounds: lost", lost, "boxes", at_most=0),
        Figure("two clients on one image, 200 rounds: doubled", doubled, "boxes", at_most=0),
    ]


def measure_pages(client: httpx.Client, project: str) -> Figure:
    milliseconds: list[float] = []
    for _ in range(4):
        after: str | None = None
        while True:
            started = time.perf_counter()
            answer = client.get(
                f"/api/projects/{project}/images", params={"limit": 100} | ({"after": after} if after else {})
            )
            milliseconds.append(1000 * (time.perf_counter() - started))
            after = answer.raise_for_status().json()["next"]
            if after is None:
                break
    return Figure("image list page of 100 among 5,000, p95", percentile(milliseconds, 0.95), "ms", at_most=15)


def measure_uploads(server: Platform, client: httpx.Client, project: str) -> tuple[list[str], list[Figure]]:
    """(ids of 5,000 images, figures)."""
    pictures = jpegs(5_000)
    upload(client, client.post("/api/projects", json={"name": "warm"}).json()["id"], pictures[:50])
    first, rate = upload(client, project, pictures[:500])
    before = server.api_megabytes()
    rest, _ = upload(client, project, pictures[500:])
    grown = server.api_megabytes() - before
    return first + rest, [
        Figure("upload of 500 JPEGs of 640x480, 50 a request", rate, "images/s", at_least=250),
        Figure("API memory, growth from 500 to 5,000 uploads", grown, "MB", at_most=FLAT_MB),
    ]


def run() -> Iterator[Figure]:
    with platform() as server, httpx.Client(base_url=server.url, timeout=60) as client:
        time.sleep(2)
        yield Figure("API process at rest", server.api_megabytes(), "MB", at_most=180)
        yield Figure("torch in the API process", float(server.api_has_loaded("torch")), "", at_most=0)
        project = client.post("/api/projects", json={"name": "bench"}).json()["id"]
        category = client.post(f"/api/projects/{project}/categories", json={"name": "cell"}).json()["id"]
        images, uploads = measure_uploads(server, client, project)
        yield from uploads
        yield from measure_saves(server, client, category, images)
        yield measure_eight_clients(server.url, category, images)
        yield from measure_two_on_one(server.url, category, images[0])
        yield measure_pages(client, project)
        yield Figure("API process after all that", server.api_megabytes(), "MB")
        fill(server.url, category, images)
        yield from measure_exports(server, client, project, len(images))
    yield measure_second_start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    figures: list[Figure] = []
    for figure in run():
        print(f"{figure.name}: {figure.value:.2f} {figure.unit}", file=sys.stderr, flush=True)
        figures.append(figure)
    print_figures("HTTP", figures)
    if chosen.json:
        chosen.json.write_text(json.dumps([msgspec.to_builtins(figure) for figure in figures], indent=1))


if __name__ == "__main__":
    main()
