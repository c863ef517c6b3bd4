"""The whole loop over the real API with a real worker and a real, tiny training: pictures in, a dataset out."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from adapters.settings import Settings
from tests.api.conftest import Api
from tests.api.loop import SHARED, Loop, running_worker
from worker.drawn_parts import PartsSettings, draw_parts
from worker.import_.records import ImportImage
from worker.import_.voc import read_voc

TINY = {"image_size": 96, "epochs": 12, "batch": 4, "settings": {"folds": 2, "learning_rate": 0.01}}


def test_drawn_parts_become_a_dataset(api: Api, api_settings: Settings, tmp_path: Path) -> None:
    pictures = list(draw_parts(tmp_path, 14, seed=5, settings=PartsSettings(width=160, height=120)))
    # One worker at a time: that of the other test has weights, and either would take any job.
    with running_worker(api_settings):
        loop = run_loop(api, pictures, labelled=8, **TINY)
    # So short a training from scratch may find nothing at all: what it finds is counted, and nothing is accepted.
    notices = loop.api.call("GET", f"/api/projects/{loop.project_id}/training-runs")["items"][0]["notices"]
    assert any("scratch" in notice for notice in notices)


@pytest.mark.shared_data
@pytest.mark.usefixtures("api")
def test_blood_cells_become_a_dataset(api: Api, api_settings: Settings) -> None:
    import msgspec

    weighted = msgspec.structs.replace(api_settings, weights_dir=SHARED / "weights")
    pictures = [one for one in read_voc(SHARED / "data" / "bccd") if isinstance(one, ImportImage)][:14]
    with running_worker(weighted):
        loop = run_loop(api, pictures, labelled=8, image_size=160, epochs=24, batch=4, settings={"folds": 2})
        accept_and_withdraw(loop)
    notices = loop.api.call("GET", f"/api/projects/{loop.project_id}/training-runs")["items"][0]["notices"]
    assert not any("scratch" in notice for notice in notices)


def run_loop(api: Api, pictures: list[ImportImage], labelled: int, **training: Any) -> Loop:
    loop = Loop(api, api.project("Loop"))
    ids = loop.upload(pictures)
    for image_id in ids[:labelled]:
        loop.label(image_id)

    reply = loop.start("training-runs", **training)
    run_id = reply["training_run"]["id"]
    assert reply["training_run"]["state"] == "queued"
    loop.finished(reply["job"])
    run = api.call("GET", f"/api/training-runs/{run_id}")
    assert run["state"] == "succeeded"
    assert run["category_ids"] == [loop.categories[name] for name in loop.categories]
    assert [epoch["epoch"] for epoch in run["epochs"]] == list(range(1, training["epochs"] + 1))
    assert all("box_loss" in epoch for epoch in run["epochs"])
    metrics = run["metrics"]
    assert metrics["images"] == labelled
    assert metrics["held_out"]["kind"] == "k_fold"
    assert {one["category_id"] for one in metrics["per_category"]} == set(loop.categories.values())
    assert run["weights_digest"]
    assert run["versions"]["ultralytics"]
    weights = api.http.get(f"/api/training-runs/{run_id}/weights")
    assert weights.status_code == 200
    assert len(weights.content) > 100_000

    job = loop.finished(loop.start("predictions", run_id=run_id, min_confidence=0.0)["job"])
    assert job["result"]["images"] == len(ids) - labelled
    images = api.call("GET", f"/api/projects/{loop.project_id}/images")["items"]
    assert sum(image["prediction_count"] for image in images) == job["result"]["predictions"]
    assert all(image["state"] == "submitted" for image in images[:labelled])
    queue = api.call("GET", f"/api/projects/{loop.project_id}/review-queue")
    assert queue["run_id"] == run_id
    assert {one["image"]["id"] for one in queue["items"]} == set(ids[labelled:])
    values = [one["value"] for one in queue["items"]]
    assert values == sorted(values, reverse=True)
    judged = api.call("GET", f"/api/projects/{loop.project_id}/review-queue", params={"order": "label_errors"})
    assert {one["image"]["id"] for one in judged["items"]} == set(ids[:labelled])

    export = loop.start("exports", format="yolo")["export"]
    loop.finished(api.call("GET", f"/api/jobs/{export['job_id']}"))
    archive = zipfile.ZipFile(io.BytesIO(api.http.get(f"/api/exports/{export['id']}/file").content))
    names = archive.namelist()
    assert sum(name.startswith("images/") for name in names) == labelled
    boxes = sum(len(archive.read(name).splitlines()) for name in names if name.startswith("labels/"))
    assert boxes == sum(len(loop.truth[image_id].shapes) for image_id in ids[:labelled])
    assert json.loads(archive.read("manifest.json"))["position"] == export["position"]
    return loop


def accept_and_withdraw(loop: Loop) -> None:
    """What a run that has learned something finds becomes annotations, and goes again."""
    api = loop.api
    run_id = api.call("GET", f"/api/projects/{loop.project_id}/training-runs")["items"][0]["id"]
    accepted = loop.finished(loop.start("predictions", run_id=run_id, mode="accept", min_confidence=0.01)["job"])
    assert accepted["result"]["accepted_boxes"] > 0
    images = api.call("GET", f"/api/projects/{loop.project_id}/images")["items"]
    filled = next(image["id"] for image in images if image["state"] == "auto")
    shapes = api.annotations(filled)["annotations"]
    assert {shape["source"] for shape in shapes} == {"model"}
    withdrawn = api.call("POST", f"/api/projects/{loop.project_id}/predictions/{accepted['id']}/withdraw", 200)
    assert withdrawn == {"withdrawn": accepted["result"]["accepted_images"], "kept": 0}
    assert api.annotations(filled)["annotations"] == []
    assert api.call("GET", f"/api/images/{filled}")["state"] == "unlabelled"
