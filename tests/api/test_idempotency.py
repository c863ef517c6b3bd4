"""`Idempotency-Key` on every kind of write: the first answer again, once done, and never for another request."""

import asyncio
import io
import uuid
import zipfile
from typing import Any

import httpx
import pytest

from adapters.clock import new_id
from adapters.database import connected
from adapters.settings import Settings
from tests.api.conftest import Api
from tests.builders import box, picture


def new_key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def send(api: Api, method: str, path: str, key: dict[str, str], **request: Any) -> httpx.Response:
    return api.http.request(method, path, headers=key | request.pop("headers", {}), **request)


def zipped(*pictures: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for place, content in enumerate(pictures):
            archive.writestr(zipfile.ZipInfo(f"{place}.png"), content)
    return packed.getvalue()


@pytest.fixture
def project(api: Api) -> str:
    return api.project("Keys")


def writes(api: Api, project: str) -> dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """(method, path, a request, another request) of every kind of write."""
    category, spare = api.category(project, "RBC"), api.category(project, "WBC")
    image = api.image(project, 70)
    draw = {"type": "draw_annotation", "annotation_id": str(uuid.uuid4()), "category_id": category, "geometry": box()}
    return {
        "create": ("POST", "/api/projects", {"json": {"name": "One"}}, {"json": {"name": "Other"}}),
        "rename": ("PATCH", f"/api/projects/{project}", {"json": {"name": "One"}}, {"json": {"name": "Other"}}),
        "category": (
            "POST",
            f"/api/projects/{project}/categories",
            {"json": {"name": "Platelets"}},
            {"json": {"name": "Others"}},
        ),
        "merge": ("POST", f"/api/categories/{spare}/merge", {"json": {"into": category}}, {"json": {"into": spare}}),
        "commands": (
            "POST",
            f"/api/images/{image}/commands",
            {"json": {"commands": [draw]}},
            {"json": {"commands": [{"type": "submit"}]}},
        ),
        "replace": (
            "PUT",
            f"/api/images/{image}/annotations",
            {"json": {"annotations": []}},
            {"json": {"annotations": [{"category_id": category, "geometry": box()}]}},
        ),
        "form": (
            "POST",
            f"/api/projects/{project}/images",
            {"files": [("files", ("a.png", picture(71)))]},
            {"files": [("files", ("a.png", picture(72)))]},
        ),
        "zip": (
            "POST",
            f"/api/projects/{project}/images",
            {"content": zipped(picture(73)), "headers": {"content-type": "application/zip"}},
            {"content": zipped(picture(74)), "headers": {"content-type": "application/zip"}},
        ),
        "import": (
            "POST",
            f"/api/projects/{project}/imports",
            {"files": [("file", ("a.zip", zipped(picture(75))))]},
            {"files": [("file", ("a.zip", zipped(picture(76))))]},
        ),
        "embed": ("POST", f"/api/projects/{project}/embeddings", {}, {"params": {"again": "1"}}),
        "trash": ("DELETE", f"/api/images/{image}", {}, {"params": {"again": "1"}}),
        "erase": ("POST", f"/api/images/{image}/erase", {}, {"params": {"again": "1"}}),
    }


def test_every_kind_of_write_is_done_once_and_answers_as_the_first_time(api: Api, project: str) -> None:
    for name, (method, path, request, other) in writes(api, project).items():
        key = new_key()
        first = send(api, method, path, key, **request)
        assert first.is_success, f"{name}: {first.text}"
        head = api.call("GET", f"/api/projects/{project}/events")["head"]
        again = send(api, method, path, key, **request)
        assert (again.status_code, again.content) == (first.status_code, first.content), name
        assert api.call("GET", f"/api/projects/{project}/events")["head"] == head, name
        refused = send(api, method, path, key, **other)
        assert (refused.status_code, refused.json()["title"]) == (422, "Idempotency key reused"), name


def test_a_refused_request_is_tried_afresh_under_its_key(api: Api, project: str) -> None:
    key, path = new_key(), f"/api/projects/{project}/exports"
    assert send(api, "POST", path, key, json={"format": "coco"}).status_code == 409
    api.commands(api.image(project, 77), {"type": "mark_empty"})
    done = send(api, "POST", path, key, json={"format": "coco"})
    assert done.status_code == 202, done.text
    api.call("POST", f"/api/jobs/{done.json()['job']['id']}/cancel")


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there"])
def test_a_key_that_is_none_is_named(api: Api, key: str) -> None:
    refused = api.call("POST", "/api/projects", 400, json={"name": "x"}, headers={"Idempotency-Key": key})
    assert refused["errors"][0]["pointer"] == "/headers/idempotency-key"


def test_a_large_answer_is_kept_whatever_its_encoding_was(api: Api, project: str) -> None:
    category, image, key = api.category(project, "RBC"), api.image(project, 78), new_key()
    draws = [
        {"type": "draw_annotation", "annotation_id": str(uuid.uuid4()), "category_id": category, "geometry": box(x=x)}
        for x in range(20)
    ]
    path, request = f"/api/images/{image}/commands", {"json": {"commands": draws}}
    first = send(api, "POST", path, key, **request, headers={"accept-encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    again = send(api, "POST", path, key, **request, headers={"accept-encoding": "identity"})
    assert (again.json(), len(again.json()["annotations"])) == (first.json(), 20)


def test_an_answer_that_was_lost_tells_all_that_has_changed_since(
    api: Api, project: str, api_settings: Settings
) -> None:
    """As when the server dies between the commit and the keeping of the answer."""
    category, image, key = api.category(project, "RBC"), api.image(project, 81), new_key()
    drawn, late = (
        {"type": "draw_annotation", "annotation_id": str(uuid.uuid4()), "category_id": category, "geometry": box(x=x)}
        for x in (1, 9)
    )
    path, request = f"/api/images/{image}/commands", {"json": {"commands": [drawn]}}
    first = send(api, "POST", path, key, **request).json()

    async def lose() -> str:
        async with connected(api_settings.database_url) as connection:
            forget = "UPDATE commands SET response = NULL WHERE position($1::bytea IN response) > 0"
            return await connection.execute(forget, drawn["annotation_id"].encode())

    assert asyncio.run(lose()) == "UPDATE 1"
    since = api.commands(image, late)
    again = send(api, "POST", path, key, **request).json()
    assert again == first | {"version": 3, "annotations": first["annotations"] + since["annotations"]}


def test_an_erased_picture_is_in_no_kept_answer(api: Api, project: str, api_settings: Settings) -> None:
    files = [("files", ("secret.png", picture(79)))]
    image = send(api, "POST", f"/api/projects/{project}/images", new_key(), files=files).json()["registered"][0]["id"]

    async def kept() -> int:
        async with connected(api_settings.database_url) as connection:
            return await connection.fetchval(
                "SELECT count(*) FROM commands WHERE position($1::bytea IN response) > 0", image.encode()
            )

    assert asyncio.run(kept()) == 1
    api.call("POST", f"/api/images/{image}/erase", 204)
    assert asyncio.run(kept()) == 0


def test_what_keys_of_their_time_make_is_listed_newest_first(api: Api) -> None:
    """Without the key's time, lists by id would be in the order of hashes."""
    names = [f"Ordered {n}" for n in range(8)]
    for name in names:
        api.call("POST", "/api/projects", 201, json={"name": name}, headers={"idempotency-key": str(new_id())})
    listed = [project["name"] for project in api.call("GET", "/api/projects", params={"limit": 500})["items"]]
    assert [name for name in listed if name.startswith("Ordered")] == names[::-1]
