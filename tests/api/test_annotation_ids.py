"""An annotation's id is of one image: what holds it elsewhere is left as it is, and whoever used it again is told."""

import asyncio
import uuid
from typing import Any
from uuid import UUID

import pytest

from adapters.database import connected
from adapters.rebuild import rebuild
from adapters.settings import Settings
from tests.api.conftest import Api
from tests.builders import box


def draw(category: str, annotation_id: str, x: float = 1) -> dict[str, Any]:
    return {"type": "draw_annotation", "annotation_id": annotation_id, "category_id": category, "geometry": box(x)}


@pytest.fixture
def scene(api: Api) -> tuple[str, str, str]:
    """(category, and two images)"""
    project = api.project()
    return api.category(project, "RBC"), api.image(project, 1), api.image(project, 2)


def shown(api: Api, image: str) -> dict[str, Any]:
    return {one["id"]: one["geometry"]["x"] for one in api.annotations(image)["annotations"]}


async def as_stored(settings: Settings, *images: str) -> list[tuple[int, int]]:
    """(rows, rows counted) of each image; equal to what the log says."""
    report = await rebuild(settings.database_url, swap=False)
    assert [name for name, proof in report.tables.items() if not proof.equal] == []
    sql = (
        "SELECT (SELECT count(*) FROM annotations a WHERE a.image_id = i.image_id) AS rows, annotation_count "
        "FROM images i WHERE image_id = $1"
    )
    async with connected(settings.database_url) as connection:
        rows = [await connection.fetchrow(sql, UUID(image)) for image in images]
    return [(row["rows"], row["annotation_count"]) for row in rows]


USES = {
    "drawn": lambda category, one: [draw(category, one, x=20)],
    "drawn with others": lambda category, one: [draw(category, str(uuid.uuid4())), draw(category, one, x=20)],
    "drawn and deleted": lambda category, one: [
        draw(category, one, x=20),
        {"type": "delete_annotation", "annotation_id": one},
    ],
}


@pytest.mark.parametrize("use", USES)
async def test_an_id_in_use_on_another_image_is_refused_and_nothing_is_lost(
    api: Api, scene: tuple[str, str, str], api_settings: Settings, use: str
) -> None:
    category, first, second = scene
    one = str(uuid.uuid4())
    api.commands(first, draw(category, one))
    refused = api.commands(second, *USES[use](category, one), status=409)
    assert "another image" in refused["detail"]
    replaced = {"annotations": [{"id": one, "category_id": category, "geometry": box(30)}]}
    api.call("PUT", f"/api/images/{second}/annotations", 409, json=replaced)
    assert (shown(api, first), shown(api, second)) == ({one: 1}, {})
    assert await as_stored(api_settings, first, second) == [(1, 1), (0, 0)]


async def test_an_id_that_was_given_up_may_be_used_elsewhere_and_does_not_come_back(
    api: Api, scene: tuple[str, str, str], api_settings: Settings
) -> None:
    category, first, second = scene
    one = str(uuid.uuid4())
    api.commands(first, draw(category, one))
    api.commands(first, {"type": "delete_annotation", "annotation_id": one})
    api.commands(second, draw(category, one, x=20))
    api.commands(first, {"type": "restore_annotation", "annotation_id": one}, status=409)
    assert (shown(api, first), shown(api, second)) == ({}, {one: 20})
    api.call("POST", f"/api/images/{first}/erase", 204)
    assert shown(api, second) == {one: 20}
    assert await as_stored(api_settings, first, second) == [(0, 0), (1, 1)]


async def test_of_two_images_that_take_an_id_at_once_one_gets_it(
    api: Api, scene: tuple[str, str, str], api_settings: Settings
) -> None:
    category, *images = scene
    for _ in range(10):
        one = str(uuid.uuid4())
        body = {"commands": [draw(category, one)]}
        answers = await asyncio.gather(
            *(asyncio.to_thread(api.http.post, f"/api/images/{image}/commands", json=body) for image in images)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
    counts = await as_stored(api_settings, *images)
    assert sum(rows for rows, _ in counts) == 10
    assert all(rows == counted for rows, counted in counts)
