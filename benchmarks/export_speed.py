"""Exports without pictures, from the request until the zip can be fetched."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Literal

import httpx

from benchmarks.served import Platform, working
from benchmarks.table import Figure

BOXES = 10
TIMES = 5
TARGET_S: dict[Literal["yolo", "coco"], float] = {"yolo": 2.0, "coco": 1.5}


def box_at(number: int) -> dict[str, object]:
    return {"type": "box", "x": 5.5 * number, "y": 3.25 * number, "width": 40.5, "height": 30.25}


def fill(url: str, category: str, images: list[str]) -> None:
    """Exactly ten boxes on each image, whatever was there."""
    boxes = [{"category_id": category, "geometry": box_at(number)} for number in range(BOXES)]

    def put(mine: list[str]) -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            for image in mine:
                client.put(f"/api/images/{image}/annotations", json={"annotations": boxes}).raise_for_status()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(put, [images[part::4] for part in range(4)]))


def measure_exports(server: Platform, client: httpx.Client, project: str, images: int) -> list[Figure]:
    figures: list[Figure] = []
    states = ["unlabelled", "in_progress", "submitted", "approved"]
    with working(server):
        for format_, target in TARGET_S.items():
            wanted = {"format": format_, "states": states, "include_images": False}
            # The first one of a worker reads its libraries from a cold disk.
            runs = [_export(client, project, wanted, images) for _ in range(1 + TIMES)][1:]
            asked, worked = zip(*runs, strict=True)
            name = f"{format_.upper()} export of 5,000 images x 10 boxes"
            figures += [
                Figure(f"{name}, request to file", statistics.median(asked), "s", at_most=target),
                Figure(f"{name}, of which the job ran", statistics.median(worked), "s"),
            ]
    return figures


def _export(client: httpx.Client, project: str, wanted: dict[str, Any], images: int) -> tuple[float, float]:
    """(seconds from the request until it has ended, seconds that its job ran)."""
    started = time.perf_counter()
    reply = client.post(f"/api/projects/{project}/exports", json=wanted).raise_for_status().json()
    while True:
        job = client.get(f"/api/jobs/{reply['job']['id']}").raise_for_status().json()
        if job["state"] not in ("queued", "running"):
            break
        time.sleep(0.02)
    asked = time.perf_counter() - started
    export = client.get(f"/api/exports/{reply['export']['id']}").raise_for_status().json()
    if (export["images"], export["annotations"]) != (images, BOXES * images):
        raise RuntimeError(f"not what was to be exported: {export}, job {job['state']}: {job['error']}")
    ran = datetime.fromisoformat(job["ended_at"]) - datetime.fromisoformat(job["started_at"])
    return asked, ran.total_seconds()
