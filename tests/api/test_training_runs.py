"""Trainings asked for over the API: what is missing first, what is wrong, and what becomes of a cancelled one."""

import uuid

import pytest

from tests.api.conftest import Api
from tests.api.loop import Loop
from tests.builders import box, picture

RUNS = "/api/projects/{}/training-runs"


def labelled(api: Api, count: int) -> Loop:
    loop = Loop(api, api.project("Training"))
    category = loop.category("cell")
    for place, image in enumerate(api.upload(loop.project_id, *(picture(n) for n in range(count)))["registered"]):
        drawn = {
            "type": "draw_annotation",
            "annotation_id": str(uuid.uuid5(uuid.UUID(category), str(place))),
            "category_id": category,
            "geometry": box(),
        }
        api.commands(image["id"], drawn, {"type": "submit"})
    return loop


def test_everything_that_is_missing_is_said_at_once(api: Api) -> None:
    project_id = api.project("Empty")
    refused = api.call("POST", RUNS.format(project_id), 409, json={})
    assert "no category" in refused["detail"]
    assert "0 images" in refused["detail"]
    assert "0 annotations" in refused["detail"]
    assert api.call("GET", RUNS.format(project_id))["items"] == []
    assert api.call("GET", f"/api/projects/{project_id}/jobs")["items"] == []


def test_too_few_images_are_counted(api: Api) -> None:
    loop = labelled(api, 3)
    assert "3 images" in api.call("POST", RUNS.format(loop.project_id), 409, json={})["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"base_weights": "../../etc/passwd"},
        {"base_weights": "/absolute/yolov8n.pt"},
        {"base_weights": "run:nonsense"},
        {"base_weights": ""},
        {"epochs": 0},
        {"image_size": 100_000},
        {"batch": -1},
        {"device": "toaster"},
        {"seed": -1},
        {"detector": "No Such/Thing"},
        {"settings": {"folds": 99}},
        {"settings": {"learning_rate": "fast"}},
        {"settings": {"optimizer": "SGD"}},
        {"unknown": 1},
    ],
)
def test_bad_requests_name_the_part(api: Api, body: dict[str, object]) -> None:
    loop = labelled(api, 5)
    refused = api.call("POST", RUNS.format(loop.project_id), 400, json=body)
    assert next(iter(body)) in refused["detail"]
    assert api.call("GET", RUNS.format(loop.project_id))["items"] == []


def test_a_requested_run_is_there_with_its_position_and_can_be_cancelled(api: Api) -> None:
    loop = labelled(api, 5)
    reply = loop.start("training-runs", epochs=3, seed=4)
    run = reply["training_run"]
    head = loop.events()[-1]["position"]
    assert run["as_of_position"] < head
    assert run["state"] == "queued"
    assert run["base_weights"] == "yolov8n.pt"
    assert run["settings"] == {"epochs": 3, "seed": 4}
    assert [e["type"] for e in loop.events("training.requested", "job.requested")] == [
        "job.requested", "training.requested",
    ]  # fmt: skip
    assert api.call("GET", RUNS.format(loop.project_id))["items"] == [run]
    api.call("POST", f"/api/jobs/{reply['job']['id']}/cancel")
    cancelled = api.call("GET", f"/api/training-runs/{run['id']}")
    assert cancelled["state"] == "cancelled"
    for path in (f"/api/training-runs/{run['id']}/promote",):
        assert "no weights" in api.call("POST", path, 409)["detail"]
    api.call("GET", f"/api/training-runs/{run['id']}/weights", 409)
    refused = api.call("POST", f"/api/projects/{loop.project_id}/predictions", 409, json={"run_id": run["id"]})
    assert "no weights" in refused["detail"]
    api.call("POST", f"/api/jobs/{reply['job']['id']}/retry")
    assert api.call("GET", f"/api/training-runs/{run['id']}")["state"] == "queued"
    api.call("POST", f"/api/jobs/{reply['job']['id']}/cancel")


def test_a_repeated_key_asks_once(api: Api) -> None:
    loop = labelled(api, 5)
    key = {"idempotency-key": "train once"}
    path = RUNS.format(loop.project_id)
    first = api.call("POST", path, 202, json={"seed": 1}, headers=key)
    again = api.call("POST", path, 202, json={"seed": 1}, headers=key)
    assert again["training_run"]["id"] == first["training_run"]["id"]
    assert len(api.call("GET", path)["items"]) == 1
    api.call("POST", f"/api/jobs/{first['job']['id']}/cancel")


def test_prediction_without_a_run_is_a_conflict(api: Api) -> None:
    project_id = api.project("No run")
    api.image(project_id)
    path = f"/api/projects/{project_id}/predictions"
    assert "train one first" in api.call("POST", path, 409, json={})["detail"]
    api.call("POST", path, 404, json={"run_id": "01900000-0000-7000-8000-000000000000"})
    api.call("POST", path, 400, json={"mode": "guess"})
    api.call("POST", path, 400, json={"target_precision": 1.5})
    api.call("POST", path, 400, content=b'{"min_confidence": NaN}', headers={"content-type": "application/json"})
    both = {"mode": "accept", "target_precision": 0.9, "min_confidence": 0.5}
    api.call("POST", path, 400, json=both)
    queue = api.call("GET", f"/api/projects/{project_id}/review-queue")
    assert (queue["run_id"], queue["items"]) == (None, [])
    api.call("GET", f"/api/projects/{project_id}/review-queue", 400, params={"order": "alphabet"})
    api.call("GET", f"/api/projects/{project_id}/review-queue", 400, params={"after": "nonsense"})


def test_comparing_needs_two_runs_of_one_project(api: Api) -> None:
    path = "/api/training-runs/compare"
    one = "01900000-0000-7000-8000-000000000000"
    api.call("GET", path, 400)
    api.call("GET", path, 400, params={"ids": [one]})
    api.call("GET", path, 404, params={"ids": [one, "01900000-0000-7000-8000-000000000001"]})
