"""How few labels, and how few human seconds: `python -m benchmarks.label_efficiency --preset bench60 [--work DIR]`.

Protocol: design page learning.md section 7. Drives the real HTTP API of a platform of its own, whose data stays in DIR:
a run that was interrupted goes on where it stopped, and no training is done twice. The person is simulated: they know
the true labels, and every action of theirs is counted (benchmarks/annotator.py). No setting depends on the test
pictures.
"""

import os

# Two trainings of one thread each beat one of two.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.annotator import Costs, Effort
from benchmarks.client import Client, own_platform
from benchmarks.efficiency_presets import PRESETS, Preset
from benchmarks.efficiency_report import write_report
from benchmarks.project import Project
from benchmarks.truth import Dataset, drawn_truth, read_truth
from domain.evaluation import Figures
from domain.geometry import Box, intersection_over_union
from worker.recipe import PROPOSED_TIMES

TARGET_PRECISION = 0.9
DEFAULT = "hybrid"
"""The platform's own policy: its runs are measured by folds, its dataset is finished."""
NEEDS_PREDICTIONS = "uncertainty"
"""It has none before the first run, so that its first batch is drawn at random."""
REFINED = " + proposals"
COSTS = {"7": Costs(), "10": Costs(draw=10.0), "25": Costs(draw=25.0)}
"""Seconds per drawn box -> the whole price list."""


class Point(msgspec.Struct, frozen=True):
    """One run of one arm, measured on the test pictures."""

    arm: str
    seed: int
    budget: int
    map50: float
    map50_95: float
    ap50_95: dict[str, float | None]
    effort: Effort
    """All of this arm's so far."""
    select_s: float
    train_s: float
    run_id: str
    notices: list[str] = []


class Kept(msgspec.Struct, frozen=True):
    """One promise of one category, and what came of it. `realised` None: nothing was accepted."""

    arm: str
    seed: int
    category: str
    promised: bool
    threshold: float | None
    accepted: int
    right: int
    boxes: int
    sentence: str


class Finished(msgspec.Struct, frozen=True):
    """The whole pool labelled correctly: what that took."""

    arm: str
    seed: int
    effort: Effort


class Results(msgspec.Struct):
    points: list[Point] = []
    kept: list[Kept] = []
    finished: list[Finished] = []
    underway: list[Finished] = []
    """What an arm had taken at each training."""


@dataclass
class Bench:
    preset: Preset
    dataset: Dataset
    client: Client
    store: Path

    def __post_init__(self) -> None:
        self.results = msgspec.json.decode(self.store.read_bytes(), type=Results) if self.store.exists() else Results()
        self._turn = threading.Lock()
        self._arms: dict[tuple[str, int], threading.Lock] = {}

    def run(self, threads: int) -> Results:
        """Every arm and seed; paired seeds side by side, so that whatever is done by then can be compared."""
        tasks = [(arm, seed) for seed in self.preset.seeds for arm in reversed(self.preset.arms)]
        tasks.insert(min(2, len(tasks)), ("full", 0))
        for seed in self.preset.seeds:
            # Behind others: it waits for its own arm, and a waiting thread trains nothing.
            tasks.insert(tasks.index((DEFAULT, seed)) + 3, ("finish", seed))
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(self.task, kind, seed) for kind, seed in tasks]:
                done.result()
        return self.results

    def task(self, kind: str, seed: int) -> None:
        arm = DEFAULT if kind == "finish" else kind
        budgets = (len(self.dataset.pool),) if arm == "full" else self.preset.budgets
        with self._arms.setdefault((arm, seed), threading.Lock()):
            project = self._project(f"{arm} {seed}")
            for place, budget in enumerate(budgets):
                if self._point(arm, seed, budget) is None:
                    self._measure(project, arm, seed, budget, place)
                if arm in self.preset.refined and self._point(f"{arm}{REFINED}", seed, budget) is None:
                    self._refine(project, arm, seed, budget)
            if kind == "finish" and not any((one.arm, one.seed) == (arm, seed) for one in self.results.finished):
                self._finish(project, arm, seed)

    def _project(self, name: str) -> Project:
        found = [one for one in self.client.get("/api/projects", limit=500)["items"] if one["name"] == name]
        if found:
            return Project.reopen(self.client, self.dataset, found[0]["id"])
        return Project.create(self.client, self.dataset, name, orientation=self.preset.orientation)

    def _measure(self, project: Project, arm: str, seed: int, budget: int, place: int) -> None:
        before = self._latest_effort(arm, seed)
        project.annotator.effort = replace(before) if before else Effort()
        started = time.monotonic()
        self._fill(project, arm, seed, budget)
        select_s = time.monotonic() - started
        self._remember(arm, seed, project.annotator.effort)
        steps = self.preset.full_steps if arm == "full" else self.preset.steps
        folds = self.preset.folds[place] if arm == DEFAULT else 0
        run = project.run_at(budget) or self._trained(project, seed, steps, folds)
        if arm in (DEFAULT, NEEDS_PREDICTIONS):
            project.predict(run_id=run["id"])
        figures = project.test(run)
        self._add_point(arm, seed, budget, run, figures, project.annotator.effort, select_s)

    def _refine(self, project: Project, arm: str, seed: int, budget: int) -> None:
        """The same labels once more, with what the run proposes on the unlabelled rest: no human second more."""
        teacher = project.run_at(budget)
        assert teacher is not None
        refined = self._trained(project, seed, PROPOSED_TIMES * self.preset.steps, 0, teacher=teacher["id"])
        effort = self._latest_effort(arm, seed) or Effort()
        self._add_point(f"{arm}{REFINED}", seed, budget, refined, project.test(refined), effort, 0.0)

    def _trained(self, project: Project, seed: int, steps: int, folds: int, **more: Any) -> dict[str, Any]:
        settings = {"steps": steps, "folds": folds, **more}
        return project.train(image_size=self.preset.image_size, batch=self.preset.batch, seed=seed, settings=settings)

    def _fill(self, project: Project, arm: str, seed: int, budget: int) -> None:
        """Pick and label until `budget` images are labelled."""
        pending = project.pending()
        missing = budget - project.labelled() - len(pending)
        if missing > 0 and arm != "full":
            blind = arm == NEEDS_PREDICTIONS and not project.labelled()
            pending += project.pick(missing, "random" if blind else arm, seed)
        project.label(project.unfinished() if arm == "full" else pending)

    def _finish(self, project: Project, arm: str, seed: int) -> None:
        """Correct proposals and retrain; accept what can be promised, judge it by the truth, and correct the rest."""
        project.annotator.effort = replace(self._latest_effort(arm, seed) or Effort())
        result: dict[str, Any] = {}
        sizes = (self.preset.budgets[-1], *self.preset.finish_at)
        for size in sizes:
            # Proposals of the run before it help with the pictures in between.
            self._fill(project, arm, seed, size)
            self._remember(arm, seed, project.annotator.effort)
            run = project.run_at(size, measured=True) or self._trained(
                project, seed, self.preset.steps, self.preset.finish_folds
            )
            accepting = {"mode": "accept", "target_precision": TARGET_PRECISION} if size == sizes[-1] else {}
            result = project.predict(run_id=run["id"], quality="high", **accepting)
        rest = project.unfinished()
        kept = _kept(project, arm, seed, result, rest)
        project.label(rest)
        with self._turn:
            self.results.kept += kept
            self.results.finished.append(Finished(arm, seed, project.annotator.effort))
            self._save()

    def _add_point(
        self, arm: str, seed: int, budget: int, run: dict[str, Any], figures: Figures, effort: Effort, select_s: float
    ) -> None:
        point = Point(
            arm,
            seed,
            budget,
            figures.map50 or 0.0,
            figures.map50_95 or 0.0,
            {str(name): one.ap50_95 for name, one in figures.categories.items()},
            effort,
            round(select_s, 2),
            run["seconds"],
            run["id"],
            run["notices"],
        )
        with self._turn:
            self.results.points.append(point)
            self._save()
        print(
            f"{arm:>10} seed {seed}, {budget:>3} images: map50 {point.map50:.3f}, map50_95 {point.map50_95:.3f}",
            flush=True,
        )

    def _remember(self, arm: str, seed: int, effort: Effort) -> None:
        """What was labelled is labelled, and nobody counts it again should the training be interrupted."""
        with self._turn:
            self.results.underway.append(Finished(arm, seed, effort))
            self._save()

    def _point(self, arm: str, seed: int, budget: int) -> Point | None:
        found = (p for p in self.results.points if (p.arm, p.seed, p.budget) == (arm, seed, budget))
        return next(found, None)

    def _latest_effort(self, arm: str, seed: int) -> Effort | None:
        done = [*self.results.points, *self.results.underway]
        mine = [one.effort for one in done if (one.arm, one.seed) == (arm, seed)]
        return max(mine, key=lambda effort: effort.images, default=None)

    def _save(self) -> None:
        unfinished = self.store.with_suffix(".unfinished")
        unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(self.results)))
        unfinished.replace(self.store)


def _kept(
    project: Project, arm: str, seed: int, result: dict[str, Any], images: Sequence[dict[str, Any]]
) -> list[Kept]:
    """Accepted boxes judged by the truth: right is the same category and IoU 0.5 with a true box of its own."""
    names = {category_id: name for name, category_id in project.categories.items()}
    accepted, right = dict.fromkeys(names.values(), 0), dict.fromkeys(names.values(), 0)
    boxes = dict.fromkeys(names.values(), 0)
    for image in images:
        truth = list(project.annotator.truth[image["file_name"]])
        for name, _ in truth:
            boxes[name] += 1
        shown = project.client.get(f"/api/images/{image['id']}/annotations")["annotations"]
        for one in sorted(shown, key=lambda one: -(one["confidence"] or 0.0)):
            name, geometry = names[one["category_id"]], one["geometry"]
            box = Box(geometry["x"], geometry["y"], geometry["width"], geometry["height"])
            best = max(
                (t for t in truth if t[0] == name), key=lambda t: intersection_over_union(box, t[1]), default=None
            )
            accepted[name] += 1
            if best is not None and intersection_over_union(box, best[1]) >= 0.5:
                right[name] += 1
                truth.remove(best)
    promises = {names[category_id]: promise for category_id, promise in result["promises"].items()}
    return [
        Kept(
            arm,
            seed,
            name,
            promises[name]["threshold"] is not None,
            promises[name]["threshold"],
            accepted[name],
            right[name],
            boxes[name],
            promises[name]["sentence"],
        )
        for name in sorted(promises)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="smoke")
    parser.add_argument("--dataset", type=Path, help="COCO, YOLO or Pascal VOC; drawn parts unless given")
    parser.add_argument("--work", type=Path, required=True, help="keeps the platform's data and the results")
    parser.add_argument("--results", type=Path, default=Path("docs/results"), help="CSV, plots and the summary")
    parser.add_argument("--threads", type=int, default=2, help="arms at a time; each training uses one thread")
    parser.add_argument("--report-only", action="store_true")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    preset = PRESETS[options.preset]
    dataset = read_truth(options.dataset) if options.dataset else drawn_truth(options.work / "parts", 60, 20)
    store = options.work / f"{options.preset}.json"
    if not options.report_only:
        with own_platform(options.work / "platform", AUTOANNOTATE_WORKERS=str(options.threads)) as client:
            Bench(preset, dataset, client, store).run(options.threads)
    results = msgspec.json.decode(store.read_bytes(), type=Results)
    print(write_report(options.preset, preset, dataset, results, COSTS, options.results))


if __name__ == "__main__":
    main()
