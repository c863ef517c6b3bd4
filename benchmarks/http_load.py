"""HTTP figures of the platform on this machine: `python -m benchmarks.http_load [--json FILE]`.

Starts its own servers on a data folder of its own and stops them. Targets: issue 2, "Speed and memory".
"""

import argparse
import io
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import psutil
from PIL import Image

from adapters.embedded_postgres import start_postgres
from adapters.embedded_valkey import start_valkey
from adapters.settings import Settings, load_settings
from benchmarks.table import Figure, print_figures
from cli.programs import api_command, environment, migrate_command

BOXES = 10


class Platform(msgspec.Struct):
    url: str
    api: psutil.Process
    postgres: psutil.Process

    def cpu_seconds(self) -> float:
        """Of the API and of PostgreSQL with its backends, the ended ones too."""
        processes = [self.api, self.postgres, *self.postgres.children(recursive=True)]
        total = 0.0
        for process in processes:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        times = self.postgres.cpu_times()
        return total + times.children_user + times.children_system

    def api_megabytes(self) -> float:
        return self.api.memory_info().rss / 2**20


@contextmanager
def platform() -> Iterator[Platform]:
    folder = Path(tempfile.mkdtemp(prefix="autoannotate-bench-"))
    folder.chmod(0o755)
    postgres, valkey = start_postgres(folder), start_valkey(folder)
    settings: Settings = msgspec.structs.replace(
        load_settings({"AUTOANNOTATE_DATA_DIR": str(folder), "AUTOANNOTATE_PORT": str(_free_port())}),
        given_database_url=postgres.url,
        given_redis_url=valkey.url,
    )
    variables = {**os.environ, **environment(settings)}
    subprocess.run(migrate_command(), env=variables, check=True, capture_output=True)
    api = subprocess.Popen(api_command(settings), env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(lambda: httpx.get(f"{settings.address}/health/live").status_code == 200)
        yield Platform(settings.address, psutil.Process(api.pid), psutil.Process(postgres.pid))
    finally:
        api.terminate()
        api.wait(20)
        valkey.stop()
        postgres.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(ready: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the API did not start")


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
                "geometry": {"type": "box", "x": 5.5 * n, "y": 3.25 * n, "width": 40.5, "height": 30.25},
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


def run() -> list[Figure]:
    figures: list[Figure] = []
    with platform() as server, httpx.Client(base_url=server.url, timeout=60) as client:
        time.sleep(2)
        figures.append(Figure("API process at rest", server.api_megabytes(), "MB", at_most=180))
        project = client.post("/api/projects", json={"name": "bench"}).json()["id"]
        category = client.post(f"/api/projects/{project}/categories", json={"name": "cell"}).json()["id"]
        pictures = jpegs(5_000)
        upload(client, client.post("/api/projects", json={"name": "warm"}).json()["id"], pictures[:50])
        before = server.api_megabytes()
        images, rate = upload(client, project, pictures[:500])
        figures.append(Figure("upload of 500 JPEGs of 640x480, 50 a request", rate, "images/s", at_least=250))
        more, _ = upload(client, project, pictures[500:])
        images += more
        figures.append(Figure("API memory after 5,000 uploads, against before", server.api_megabytes() - before, "MB"))
        figures += measure_saves(server, client, category, images)
        figures.append(measure_eight_clients(server.url, category, images))
        figures += measure_two_on_one(server.url, category, images[0])
        figures.append(measure_pages(client, project))
        figures.append(Figure("API process at the end", server.api_megabytes(), "MB"))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    figures = run()
    print_figures("HTTP", figures)
    if chosen.json:
        chosen.json.write_text(json.dumps([msgspec.to_builtins(figure) for figure in figures], indent=1))


if __name__ == "__main__":
    main()
