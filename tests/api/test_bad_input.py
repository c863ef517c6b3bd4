"""What no client should send: refused as a problem that names the part, and nothing is half done."""

import io
import json
import uuid
import zipfile
from typing import Any

import httpx
import pytest

from tests.api.conftest import Api
from tests.builders import box, picture

JSON = {"content-type": "application/json"}


def raw(api: Api, method: str, path: str, body: str | bytes) -> httpx.Response:
    return api.http.request(method, path, content=body if isinstance(body, bytes) else body.encode(), headers=JSON)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(told)
    assert told["status"] == status
    return told


@pytest.fixture
def scene(api: Api) -> tuple[str, str, str]:
    """(project, category, image)."""
    project = api.project()
    return project, api.category(project, "RBC"), api.image(project)


@pytest.mark.parametrize(
    "text", ["a\\u0000b", "\\ud800", "\\udc00x", "\\ud800\\ud800"], ids=["NUL", "high", "low", "two highs"]
)
def test_text_that_cannot_be_stored_is_refused_wherever_it_stands(api: Api, scene, text: str) -> None:
    project, category, image = scene
    quoted = '"' + text + '"'
    for method, path, body in [
        ("POST", "/api/projects", f'{{"name": {quoted}}}'),
        ("POST", "/api/projects", f'{{"name": "x", "description": {quoted}}}'),
        ("PATCH", f"/api/projects/{project}", f'{{"name": {quoted}}}'),
        ("POST", f"/api/projects/{project}/categories", f'{{"name": {quoted}}}'),
        ("PATCH", f"/api/categories/{category}", f'{{"name": {quoted}}}'),
        ("POST", f"/api/images/{image}/commands", f'{{"commands": [{{"type": "reject", "reason": {quoted}}}]}}'),
        ("POST", f"/api/projects/{project}/training-runs", f'{{"base_weights": {quoted}}}'),
    ]:
        problem(raw(api, method, path, body), 400)
    assert api.call("GET", f"/api/projects/{project}")["name"] == "Blood cells"
    assert [one["name"] for one in api.call("GET", f"/api/projects/{project}/categories")["items"]] == ["RBC"]


@pytest.mark.parametrize("part", ["%00", "%ff", "%ed%a0%80"], ids=["NUL", "no UTF-8", "surrogate"])
def test_text_that_cannot_be_stored_is_refused_in_an_address(api: Api, scene, part: str) -> None:
    project, _, image = scene
    problem(api.http.get(f"/api/projects/{project}/images?q={part}"), 400)
    problem(api.http.get(f"/api/images/{image}{part}"), 404)


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e999", "-1e999", '"1"', "null", "true", "[1]"])
@pytest.mark.parametrize("part", ["x", "width"])
def test_a_coordinate_that_is_no_number_is_refused(api: Api, scene, part: str, value: str) -> None:
    _, category, image = scene
    geometry = json.dumps(box()).replace(f'"{part}": {json.dumps(box()[part])}', f'"{part}": {value}')
    assert value in geometry
    drawn = f'{{"type": "draw_annotation", "annotation_id": "{uuid.uuid4()}", "category_id": "{category}"'
    told = problem(
        raw(api, "POST", f"/api/images/{image}/commands", f'{{"commands": [{drawn}, "geometry": {geometry}}}]}}'), 400
    )
    assert told["errors"][0]["pointer"] == f"/commands/0/geometry/{part}" or "not JSON" in told["detail"]
    put = f'{{"annotations": [{{"category_id": "{category}", "geometry": {geometry}}}]}}'
    problem(raw(api, "PUT", f"/api/images/{image}/annotations", put), 400)
    assert api.annotations(image)["annotations"] == []


@pytest.mark.parametrize(
    "rings",
    [
        "[[[0, 0], [1e999, 1], [5, 5]]]",
        "[[[0, 0], [9, 1], [NaN, 5]]]",
        "[[[0, 0], [90, 1], [5, 5]]]",
        "[[[0, 0], [9, 1]]]",
        "[[[0, 0, 0], [9, 1, 1], [5, 5, 5]]]",
        "[]",
        "[[]]",
    ],
)
def test_a_polygon_that_is_none_is_refused(api: Api, scene, rings: str) -> None:
    _, category, image = scene
    body = f'{{"annotations": [{{"category_id": "{category}", "geometry": {{"type": "polygon", "rings": {rings}}}}}]}}'
    problem(raw(api, "PUT", f"/api/images/{image}/annotations", body), 400)
    assert api.annotations(image)["annotations"] == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a\x00b.png", "cannot be shown"),
        ("a\x1b[2J.png", "cannot be shown"),
        ("a\u202egnp.exe.png", "cannot be shown"),
        (".png", "files ending in 'nothing'"),
        ("..", "must not hold a path"),
    ],
)
def test_a_file_name_that_is_none_is_refused(api: Api, scene, name: str, reason: str) -> None:
    project, _, _ = scene
    body = (
        f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
        + picture(80)
        + b"\r\n--x--\r\n"
    )
    answer = api.http.post(
        f"/api/projects/{project}/images", content=body, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        (rejected,) = answer.json()["rejected"]
        assert reason in rejected["reason"]
    assert len(api.call("GET", f"/api/projects/{project}/images")["items"]) == 1


def test_a_zip_in_a_zip_a_bare_folder_and_a_locked_entry_register_nothing(api: Api, scene) -> None:
    project, _, _ = scene
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.png", picture(81))
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
        archive.mkdir("empty")
        archive.writestr("\N{SNOWMAN}.txt", "hello")
    answer = api.call(
        "POST",
        f"/api/projects/{project}/images",
        200,
        content=outer.getvalue(),
        headers={"content-type": "application/zip"},
    )
    assert {one["file_name"] for one in answer["rejected"]} == {"inner.zip", "\N{SNOWMAN}.txt"}


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", '"text"', '{"name": "x"', '{"name": 7}', '{"nome": "x"}', "[" * 5_000, '{"name":' * 2_000],
)
def test_a_body_that_is_not_what_was_asked_for_is_refused(api: Api, body: str) -> None:
    problem(raw(api, "POST", "/api/projects", body), 400)


def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    problem(raw(api, "POST", "/api/projects", b'{"name": "' + b"x" * (21 << 20) + b'"}'), 413)


def test_a_form_with_too_many_parts_is_refused(api: Api, scene) -> None:
    project, _, _ = scene
    files = [("files", (f"{n}.png", b"")) for n in range(2_500)]
    answer = api.http.post(f"/api/projects/{project}/images", files=files)
    assert answer.status_code in (400, 413), answer.text
    problem(answer, answer.status_code)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/projects/not-an-id", 404),
        ("/api/projects?limit=0", 400),
        ("/api/projects?limit=501", 400),
        ("/api/projects?limit=many", 400),
        ("/api/projects?after=x", 400),
        ("/api/nothing", 404),
        ("/assets/..%2f..%2f..%2fpyproject.toml", 404),
        ("/%2e%2e/%2e%2e/etc/hosts.txt", 404),
    ],
)
def test_an_address_that_leads_nowhere_is_told_so(api: Api, path: str, status: int) -> None:
    problem(api.http.get(path), status)


@pytest.mark.parametrize("path", ["/api/../../etc/passwd", "/..%2f..%2f..%2fetc/passwd", "//etc/passwd", "/%5c..%5cx"])
def test_no_address_leaves_the_page(api: Api, path: str) -> None:
    address = api.http.base_url.copy_with(raw_path=path.encode())
    answer = api.http.send(api.http.build_request("GET", address))
    assert answer.status_code == 404 or answer.text.startswith("<!doctype html>")


def test_a_method_that_is_not_for_a_path_is_told_which_are(api: Api) -> None:
    answer = api.http.put("/api/projects", json={})
    problem(answer, 405)
    assert {"GET", "POST"} <= {one.strip() for one in answer.headers["allow"].split(",")}
    asked = api.http.options("/api/projects/01890000-0000-7000-8000-000000000000")
    assert (asked.status_code, asked.headers["allow"]) == (204, "DELETE, GET, OPTIONS, PATCH")


def test_work_that_has_nothing_to_work_on_is_a_conflict_with_its_reason(api: Api) -> None:
    project = api.project("Empty")
    for what, body, said in [
        ("training-runs", {}, "no category"),
        ("predictions", {}, "train one first"),
        ("exports", {"format": "yolo"}, "nothing to export"),
        ("query-batches", {"budget": 1}, "nothing to choose"),
    ]:
        told = problem(api.http.post(f"/api/projects/{project}/{what}", json=body), 409)
        assert said in told["detail"]
    assert api.call("GET", f"/api/projects/{project}/jobs")["items"] == []


def test_a_stale_version_is_a_conflict_that_tells_what_was_missed(api: Api, scene) -> None:
    _, _, image = scene
    version = api.annotations(image)["version"]
    api.commands(image, {"type": "mark_empty"})
    told = api.commands(image, {"type": "reopen"}, status=409, expected_version=version)
    assert told["current_version"] == version + 1
    assert [event["type"] for event in told["missed_events"]] == ["image.marked_empty"]
    path = f"/api/images/{image}/annotations"
    api.call("PUT", path, 400, json={"annotations": []}, headers={"If-Match": "latest"})
    told = api.call("PUT", path, 409, json={"annotations": []}, headers={"If-Match": str(version)})
    assert [event["type"] for event in told["missed_events"]] == ["image.marked_empty"]
