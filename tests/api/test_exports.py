"""Exports over the real API with a real worker: what a position held, the same bytes each time, nothing half-done."""

import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Iterator

import pytest

from adapters.settings import Settings
from tests.api.conftest import Api
from tests.api.loop import Loop, running_worker
from tests.builders import box, picture


@pytest.fixture(scope="module", autouse=True)
def worker(api_settings: Settings) -> Iterator[None]:
    with running_worker(api_settings):
        yield


def labelled(api: Api, count: int = 3) -> tuple[Loop, list[str], str]:
    loop = Loop(api, api.project("Export"))
    category = loop.category("cell")
    uploaded = api.upload(loop.project_id, *(picture(seed) for seed in range(count)))
    images = [one["id"] for one in uploaded["registered"]]
    for place, image_id in enumerate(images):
        api.commands(image_id, drawn(place, category), {"type": "submit"})
    return loop, images, category


def drawn(place: int, category: str) -> dict[str, object]:
    return {
        "type": "draw_annotation",
        "annotation_id": str(uuid.uuid5(uuid.UUID(category), str(place))),
        "category_id": category,
        "geometry": box(1 + place, 2, 10, 12),
    }


def exported(loop: Loop, **body: object) -> tuple[bytes, dict[str, object]]:
    reply = loop.start("exports", **body)
    loop.finished(reply["job"])
    export = loop.api.call("GET", f"/api/exports/{reply['export']['id']}")
    content = loop.api.http.get(f"/api/exports/{export['id']}/file").content
    assert hashlib.sha256(content).hexdigest() == export["sha256"]
    assert len(content) == export["size"]
    return content, export


@pytest.mark.parametrize("format_", ["yolo", "coco"])
def test_the_same_position_gives_the_same_bytes(api: Api, format_: str) -> None:
    loop, images, category = labelled(api)
    first, export = exported(loop, format=format_)
    drawn_there = drawn(0, category)["annotation_id"]
    api.commands(images[0], {"type": "reopen"}, {"type": "delete_annotation", "annotation_id": drawn_there})
    api.call("DELETE", f"/api/images/{images[1]}")
    again, _ = exported(loop, format=format_, position=export["position"])
    assert again == first
    now, later = exported(loop, format=format_)
    assert now != first
    assert (later["images"], export["images"]) == (1, 3)


def test_only_reviewed_images_unless_asked_otherwise(api: Api) -> None:
    loop, images, _ = labelled(api)
    api.image(loop.project_id, 77)
    _, reviewed = exported(loop, format="coco", include_images=False)
    assert reviewed["images"] == len(images)
    path = f"/api/projects/{loop.project_id}/exports/preview"
    for states in (["submitted"], ["submitted", "unlabelled"]):
        told = api.call("GET", path, params={"state": states})
        assert told == {"images": len(images) + len(states) - 1, "annotations": len(images)}
    content, everything = exported(loop, format="coco", include_images=False, states=["submitted", "unlabelled"])
    assert everything["images"] == len(images) + 1
    document = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("annotations.json"))
    assert len(document["images"]) == len(images) + 1
    assert len(document["annotations"]) == len(images)


def test_the_jobs_of_all_projects_stand_in_one_list(api: Api) -> None:
    loops = [labelled(api, 1)[0] for _ in range(2)]
    done = [loop.finished(loop.start("exports", format="coco")["job"])["id"] for loop in loops]
    newest = api.call("GET", "/api/jobs", params={"limit": 2})["items"]
    assert [(job["id"], job["project_id"]) for job in newest] == [
        (job, loop.project_id) for job, loop in zip(done[::-1], loops[::-1], strict=True)
    ]
    assert api.call("GET", "/api/jobs", params={"limit": 1, "state": "succeeded"})["items"] == newest[:1]


def test_merged_categories_are_exported_as_what_they_count_as(api: Api) -> None:
    loop, _, category = labelled(api)
    before, export = exported(loop, format="coco", include_images=False)
    other = loop.category("thing")
    api.call("POST", f"/api/categories/{category}/merge", 200, json={"into": other})
    after, _ = exported(loop, format="coco", include_images=False)
    names = [[c["name"] for c in json.loads(zipfile.ZipFile(io.BytesIO(one)).read("annotations.json"))["categories"]]
             for one in (before, after)]  # fmt: skip
    assert names == [["cell"], ["thing"]]
    again, _ = exported(loop, format="coco", include_images=False, position=export["position"])
    assert again == before


def test_a_broken_download_goes_on(api: Api) -> None:
    loop, _, _ = labelled(api)
    content, export = exported(loop, format="yolo")
    path = f"/api/exports/{export['id']}/file"
    part = api.http.get(path, headers={"range": "bytes=100-"})
    assert (part.status_code, part.content) == (206, content[100:])
    assert "attachment" in part.headers["content-disposition"]


def test_nothing_to_export_is_a_conflict(api: Api) -> None:
    loop = Loop(api, api.project("Empty"))
    api.image(loop.project_id)
    path = f"/api/projects/{loop.project_id}/exports"
    refused = api.call("POST", path, 409, json={"format": "yolo"})
    assert "nothing to export" in refused["detail"]
    assert api.call("GET", path)["items"] == []
    assert api.call("GET", f"/api/projects/{loop.project_id}/jobs")["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"format": "tfrecord"},
        {"format": "yolo", "position": 10**12},
        {"format": "yolo", "position": 0},
        {"format": "yolo", "split": 1.5},
        {"format": "yolo", "states": []},
        {"format": "yolo", "states": ["done"]},
        {},
    ],
)
def test_bad_requests_name_the_part(api: Api, body: dict[str, object]) -> None:
    loop, _, _ = labelled(api, 1)
    api.call("POST", f"/api/projects/{loop.project_id}/exports", 400, json=body)


def test_an_export_that_was_lost_from_disk_says_so(api: Api) -> None:
    api.call("GET", "/api/exports/01900000-0000-7000-8000-000000000000", 404)
    api.call("GET", "/api/exports/01900000-0000-7000-8000-000000000000/file", 404)
