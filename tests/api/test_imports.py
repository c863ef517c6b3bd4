"""Labelled datasets uploaded as zips: everything readable is taken, the rest is reported file by file."""

import io
import json
import zipfile
from collections.abc import Iterator

import pytest

from adapters.settings import Settings
from tests.api.conftest import Api
from tests.api.loop import Loop, running_worker
from tests.builders import picture

IMPORTS = "/api/projects/{}/imports"
ZIP = {"content-type": "application/zip"}


@pytest.fixture(scope="module", autouse=True)
def worker(api_settings: Settings) -> Iterator[None]:
    with running_worker(api_settings):
        yield


def zipped(**files: bytes | str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def coco(boxes: dict[str, list[list[float]]], categories: tuple[str, ...] = ("cell",)) -> str:
    names = list(boxes)
    annotations = [
        {"id": n, "image_id": names.index(name), "category_id": 1, "bbox": bbox}
        for n, (name, bbox) in enumerate((name, bbox) for name in names for bbox in boxes[name])
    ]
    return json.dumps(
        {
            "images": [{"id": i, "file_name": name, "width": 64, "height": 48} for i, name in enumerate(names)],
            "annotations": annotations,
            "categories": [{"id": i, "name": name} for i, name in enumerate(categories, start=1)],
        }
    )


def imported(loop: Loop, content: bytes, **params: object) -> dict:
    job = loop.api.call("POST", IMPORTS.format(loop.project_id), 202, content=content, headers=ZIP, params=params)[
        "job"
    ]
    return loop.finished(job)["result"]


@pytest.fixture
def loop(api: Api) -> Loop:
    return Loop(api, api.project("Import"))


DATASET = {
    "images/a.png": picture(1),
    "images/b.png": picture(2),
    "images/broken.png": b"no picture",
    "annotations.json": coco(
        {
            "a.png": [[1, 2, 10, 12], [20, 20, 5, 5], [60, 40, 50, 50]],
            "b.png": [],
            "broken.png": [[1, 1, 2, 2]],
            "missing.png": [[1, 1, 2, 2]],
        }
    ),
}


def test_a_dataset_comes_in_whole_but_for_what_is_broken(api: Api, loop: Loop) -> None:
    report = imported(loop, zipped(**DATASET))
    assert (report["layout"], report["images_registered"], report["annotations"]) == ("coco", 2, 2)
    assert report["categories_created"] == ["cell"]
    assert {p["file_name"] for p in report["problems"]} == {"a.png", "broken.png", "missing.png"}
    images = api.call("GET", f"/api/projects/{loop.project_id}/images")["items"]
    assert {(i["file_name"], i["state"], i["annotation_count"]) for i in images} == {
        ("a.png", "submitted", 2), ("b.png", "submitted", 0),
    }  # fmt: skip
    first = next(i for i in images if i["file_name"] == "a.png")
    shapes = api.annotations(first["id"])["annotations"]
    assert {shape["source"] for shape in shapes} == {"import"}
    about = api.call("GET", f"/api/images/{first['id']}/history", params={"annotation_id": shapes[0]["id"]})
    assert [entry["event"]["type"] for entry in about["items"]] == ["annotations.imported"]
    assert len(loop.events("annotations.imported")) == 2


def test_a_dry_run_tells_the_same_and_changes_nothing(api: Api, loop: Loop) -> None:
    told = imported(loop, zipped(**DATASET), dry_run=True)
    assert api.call("GET", f"/api/projects/{loop.project_id}/images")["items"] == []
    assert api.call("GET", f"/api/projects/{loop.project_id}/categories")["items"] == []
    assert not loop.events("image.registered", "category.added", "annotations.imported")
    really = imported(loop, zipped(**DATASET))
    assert {**told, "dry_run": False} == really


def test_annotations_that_are_there_are_kept(api: Api, loop: Loop) -> None:
    imported(loop, zipped(**DATASET))
    again = imported(loop, zipped(**DATASET))
    assert (again["images_registered"], again["images_known"], again["annotations"]) == (0, 2, 0)
    assert any("2 annotations already" in p["detail"] for p in again["problems"])
    assert len(api.call("GET", f"/api/projects/{loop.project_id}/categories")["items"]) == 1


def test_yolo_and_voc_layouts_are_known(api: Api, loop: Loop) -> None:
    yolo = zipped(
        **{
            "data.yaml": "names: [cell]",
            "images/y.png": picture(3),
            "labels/y.txt": "0 0.5 0.5 0.25 0.25\n0 nonsense\n",
        }
    )
    report = imported(loop, yolo, imported_state="in_progress")
    assert (report["layout"], report["annotations"], report["problem_count"]) == ("yolo", 1, 1)
    voc = (
        "<annotation><filename>v.png</filename><size><width>64</width><height>48</height></size>"
        "<object><name>cell</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>14</ymax></bndbox></object>"
        "</annotation>"
    )
    report = imported(loop, zipped(**{"Annotations/v.xml": voc, "JPEGImages/v.png": picture(4)}))
    assert (report["layout"], report["annotations"], report["problem_count"]) == ("voc", 1, 0)
    states = {i["file_name"]: i["state"] for i in api.call("GET", f"/api/projects/{loop.project_id}/images")["items"]}
    assert states == {"y.png": "in_progress", "v.png": "submitted"}


def test_an_export_comes_back_as_it_left(api: Api, loop: Loop) -> None:
    imported(loop, zipped(**{k: v for k, v in DATASET.items() if "broken" not in k}))
    reply = loop.start("exports", format="coco")
    loop.finished(reply["job"])
    content = api.http.get(f"/api/exports/{reply['export']['id']}/file").content
    other = Loop(api, api.project("Back"))
    report = imported(other, content)
    assert (report["images_registered"], report["annotations"], report["problem_count"]) == (2, 2, 0)


def test_paths_that_leave_the_zip_are_refused(loop: Loop) -> None:
    report = imported(loop, zipped(**{"../../evil.png": picture(5), **DATASET}))
    assert any(p["detail"] == "the path leaves the zip" for p in report["problems"])


def test_what_is_no_dataset_is_reported(loop: Loop) -> None:
    report = imported(loop, zipped(**{"readme.txt": "hello"}))
    assert report["layout"] is None
    assert report["problem_count"] == 1


def test_bad_uploads_are_refused(api: Api, loop: Loop) -> None:
    path = IMPORTS.format(loop.project_id)
    api.call("POST", path, 400, content=b"no zip", headers=ZIP)
    api.call("POST", path, 400, content=b"", headers=ZIP)
    api.call("POST", path, 400, json={})
    api.call("POST", path, 400, files={"other": ("a.zip", b"x")})
    api.call("POST", path, 400, content=zipped(a="b"), headers=ZIP, params={"imported_state": "approved"})
    assert api.call("GET", f"/api/projects/{loop.project_id}/jobs")["items"] == []
    multipart = api.call("POST", path, 202, files={"file": ("set.zip", zipped(**DATASET), "application/zip")})
    assert loop.finished(multipart["job"])["result"]["annotations"] == 2
