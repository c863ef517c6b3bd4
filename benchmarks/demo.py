"""The whole loop by itself: `python -m benchmarks.demo [DATASET]`, which is what `make demo` runs.

The labels of DATASET (COCO, YOLO or Pascal VOC) play the person; without one, drawn parts do. Its test pictures stay
outside: they only measure. Ends with a table and an exported dataset.
"""

import os

# Two trainings of a thread each beat one of two; the measuring here must not take the worker's core.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from adapters.embedded_process import make_data_dir
from benchmarks.client import Client, Watch, own_platform
from benchmarks.project import Project
from benchmarks.truth import Dataset, drawn_truth, read_truth

BUDGETS = (10, 20, 40)
IMAGE_SIZE = 320
TARGET_PRECISION = 0.9


@dataclass(frozen=True)
class Round:
    number: int
    labelled: int
    drawn: int
    accepted: int
    map50: float | None
    map50_95: float | None
    seconds: float


def run_demo(client: Client, dataset: Dataset, output: Path, console: Console, **training: Any) -> list[Round]:
    """Three rounds, then the rest by the detector; the dataset is written to `output`."""
    console.print(f"{dataset.name}: {len(dataset.pool)} pictures to label, {len(dataset.test)} held out to measure by")
    console.print("uploading them ...")
    project = Project.create(client, dataset, dataset.name)
    rounds: list[Round] = []
    run: dict[str, Any] = {}
    with Progress(
        TextColumn("{task.description:<26}", table_column=Column(no_wrap=True)), BarColumn(20), TimeElapsedColumn(),
        TextColumn("{task.fields[said]}", table_column=Column(ratio=1, no_wrap=True)), console=console, expand=True,
    ) as progress:  # fmt: skip
        for number, budget in enumerate(BUDGETS, start=1):
            started, before = time.monotonic(), project.annotator.effort
            wanted = budget - project.labelled()
            with _shown(progress, f"round {number}: choose {wanted}") as watch:
                picked = project.pick(wanted, "hybrid", seed=number, watch=watch)
            with _shown(progress, f"round {number}: label {len(picked)}"):
                project.label(picked)
            with _shown(progress, f"round {number}: train on {budget}") as watch:
                run = project.train(watch, image_size=IMAGE_SIZE, seed=0, **training)
            with _shown(progress, f"round {number}: measure"):
                figures = project.test(run)
            with _shown(progress, f"round {number}: predict the rest") as watch:
                project.predict(watch, run_id=run["id"])
            effort = project.annotator.effort
            seconds = time.monotonic() - started
            drawn, accepted = effort.drawn - before.drawn, effort.accepted - before.accepted
            rounds.append(Round(number, budget, drawn, accepted, figures.map50, figures.map50_95, seconds))
            progress.console.print(_told(rounds[-1]))
            for notice in run["notices"]:
                progress.console.print(f"  {notice}")
        started = time.monotonic()
        with _shown(progress, "accept what can be promised") as watch:
            result = project.predict(watch, run_id=run["id"], mode="accept", target_precision=TARGET_PRECISION)
        rounds.append(Round(4, project.labelled(), 0, result["accepted_boxes"], None, None, time.monotonic() - started))
        with _shown(progress, "export") as watch:
            exported = _export(project, output, watch)
    console.print(_table(rounds))
    for promise in result["promises"].values():
        console.print(f"  {promise['sentence']}")
    console.print(result["stop_advice"]["sentence"])
    console.print(f"dataset: {output} ({exported['images']} pictures, {exported['annotations']} boxes)")
    return rounds


def _export(project: Project, output: Path, watch: Watch) -> dict[str, Any]:
    states = ["submitted", "approved", "auto"]
    reply = project.client.job(f"/api/projects/{project.id}/exports", {"format": "yolo", "states": states}, watch)
    output.write_bytes(project.client.content(f"/api/exports/{reply['export']['id']}/file"))
    return project.client.get(f"/api/exports/{reply['export']['id']}")


class _shown:
    """A job's progress as a bar; one that only swings until something was heard."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._task = progress.add_task(name, total=None, said="")

    def __enter__(self) -> Watch:
        def watch(job: dict[str, Any]) -> None:
            self._progress.update(self._task, total=1.0, completed=job["progress"], said=job["message"])

        return watch

    def __exit__(self, *_: object) -> None:
        self._progress.update(self._task, visible=False)


def _told(one: Round) -> str:
    return (
        f"round {one.number}: {one.labelled} labelled, {one.drawn} boxes drawn, {one.accepted} accepted, "
        f"mAP50 {_figure(one.map50)}, {one.seconds:.0f} s"
    )


def _table(rounds: list[Round]) -> Table:
    table = Table("round", "images labelled", "drawn by hand", "accepted", "mAP50", "mAP50-95", "seconds")
    for one in rounds:
        table.add_row(
            str(one.number), str(one.labelled), str(one.drawn), str(one.accepted), _figure(one.map50),
            _figure(one.map50_95), f"{one.seconds:.0f}",
        )  # fmt: skip
    return table


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", nargs="?", type=Path)
    parser.add_argument("--data-dir", type=Path, required=True, help="where the demo's own platform keeps its data")
    options = parser.parse_args()
    folder: Path = options.data_dir
    make_data_dir(folder / "platform")
    try:
        dataset = read_truth(options.dataset) if options.dataset else drawn_truth(folder / "parts")
    except ValueError as unusable:
        sys.exit(f"autoannotate: {unusable}")
    console = Console()
    with own_platform(folder / "platform") as client:
        console.print(f"watch it at {client.address}")
        run_demo(client, dataset, folder / "dataset.zip", console)
    console.print(f"look around in it: AUTOANNOTATE_DATA_DIR={folder / 'platform'} autoannotate up")


if __name__ == "__main__":
    main()
