"""The benchmark of the learning loop, on a few drawn pictures: it counts everything, resumes, and writes its page."""

import csv
from contextlib import closing
from pathlib import Path

import pytest

from adapters.settings import Settings
from benchmarks.client import Client
from benchmarks.efficiency_presets import Preset
from benchmarks.efficiency_report import write_report
from benchmarks.label_efficiency import COSTS, Bench
from benchmarks.truth import drawn_truth
from tests.api.loop import running_worker

TINY = Preset(
    (5,),
    (0,),
    ("random", "hybrid"),
    steps=4,
    batch=2,
    image_size=64,
    full_steps=4,
    folds=(0,),
    finish_folds=2,
    finish_at=(),
    orientation="upright",
)


@pytest.mark.usefixtures("api")
def test_every_arm_is_measured_once_and_the_dataset_is_finished(
    base_url: str, api_settings: Settings, tmp_path: Path
) -> None:
    dataset = drawn_truth(tmp_path / "parts", pool=8, test=3)
    store = tmp_path / "tiny.json"
    with running_worker(api_settings), closing(Client(base_url)) as client:
        results = Bench(TINY, dataset, client, store).run(threads=1)
        runs = training_runs(client)
        again = Bench(TINY, dataset, client, store).run(threads=1)
        assert again == results
        assert runs == training_runs(client)

    measured = {(point.arm, point.budget) for point in results.points}
    assert measured == {("random", 5), ("hybrid", 5), ("full", 8)}
    (finished,) = results.finished
    boxes = sum(len(picture.labels) for picture in dataset.pool)
    effort = finished.effort
    assert (effort.images, effort.true_boxes) == (8, boxes)
    # Every true box was drawn, or stood there and was left or put right.
    assert effort.drawn + effort.accepted + effort.adjusted + effort.renamed <= boxes
    assert effort.drawn > 0
    assert {kept.category for kept in results.kept} == set(dataset.categories)
    assert not any(kept.promised for kept in results.kept), "a few boxes can promise nothing"

    page = write_report("tiny", TINY, dataset, results, COSTS, tmp_path / "results")
    assert "## The finished dataset" in page
    assert [stage in page for stage in ("| hybrid 0 | 1 to 5 |", "| hybrid 0 | 6 to 8 |")] == [True, True]
    with (tmp_path / "results" / "tiny-points.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(results.points)
    assert (tmp_path / "results" / "tiny-curves.png").stat().st_size > 1_000


def training_runs(client: Client) -> int:
    projects = client.get("/api/projects", limit=500)["items"]
    ids = [one["id"] for one in projects if one["name"] in ("random 0", "hybrid 0", "full 0")]
    return sum(len(client.get(f"/api/projects/{project_id}/training-runs")["items"]) for project_id in ids)
