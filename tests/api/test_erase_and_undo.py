"""Erasure leaves no trace; undo takes back what a person did on many images at once."""

import uuid

import pytest

from adapters.database import connected
from tests.api.conftest import Api
from tests.builders import box, picture

CANARY = "canary-7f3a91"


def draw(category: str, x: float = 1) -> dict:
    return {
        "type": "draw_annotation",
        "annotation_id": str(uuid.uuid4()),
        "category_id": category,
        "geometry": box(x),
    }


@pytest.fixture
def scene(api: Api) -> tuple[str, str]:
    project = api.project()
    return project, api.category(project, "RBC")


async def words_in_database(url: str, word: str) -> list[str]:
    """The tables in which some row says `word`."""
    found = []
    async with connected(url) as connection:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            if await connection.fetchval(f"SELECT count(*) FROM {table} t WHERE t::text LIKE $1", f"%{word}%"):
                found.append(table)
    return found


def test_an_erased_picture_is_nowhere(api: Api, scene, api_settings):
    import asyncio

    project, category = scene
    files = [("files", (f"{CANARY}.png", picture(77), "image/png"))]
    image = api.call("POST", f"/api/projects/{project}/images", 201, files=files)["registered"][0]["id"]
    digest = api.call("GET", f"/api/images/{image}")["digest"]
    api.http.get(f"/api/images/{image}/thumbnail")
    api.commands(image, draw(category), {"type": "submit"}, {"type": "reject", "reason": f"see {CANARY}"})
    assert asyncio.run(words_in_database(api_settings.database_url, CANARY))
    api.call("POST", f"/api/images/{image}/erase", 204)
    assert asyncio.run(words_in_database(api_settings.database_url, CANARY)) == []
    assert asyncio.run(words_in_database(api_settings.database_url, digest)) == []
    left = [path for path in (api_settings.data_dir / "api").rglob("*") if digest in path.name]
    assert left == []
    api.call("GET", f"/api/images/{image}", 404)
    api.call("GET", f"/api/images/{image}/file", 404)
    api.commands(image, draw(category), status=404)
    api.call("POST", f"/api/images/{image}/erase", 204)
    events = api.call("GET", f"/api/projects/{project}/events", params={"limit": 500})["items"]
    positions = [event["version"] for event in events if event["stream_id"] == image]
    assert positions == list(range(1, len(positions) + 1))
    again = api.call("POST", f"/api/projects/{project}/images", 201, files=files)["registered"][0]
    assert again["id"] != image


def test_bytes_that_another_project_shows_stay(api: Api, scene):
    project, _ = scene
    other = api.project()
    image, twin = api.image(project, 78), api.image(other, 78)
    api.call("POST", f"/api/images/{image}/erase", 204)
    assert api.http.get(f"/api/images/{twin}/file").content == picture(78)


def test_what_a_person_did_on_some_images_is_undone_and_done_again(api: Api, scene):
    project, category = scene
    images = [api.image(project, n) for n in range(3)]
    first = api.commands(images[0], draw(category))
    position = first["position"]
    for image in images:
        api.commands(image, draw(category, 20))
    actor = first["annotations"][0]["created_by"]
    what = {"type": "actor", "actor_id": actor, "image_ids": images, "after_position": position}
    done = [api.annotations(image)["annotations"] for image in images]
    report = api.call("POST", f"/api/projects/{project}/undo", json={"what": what})
    assert (report["images"], report["events"], report["kept"]) == (3, 5, 0)
    assert [len(api.annotations(image)["annotations"]) for image in images] == [1, 0, 0]
    back = {"what": {"type": "undo", "undo_id": report["undo_id"]}}
    api.call("POST", f"/api/projects/{project}/undo", json=back)

    def shapes(listed):
        return [{(a["id"], a["geometry"]["x"], a["category_id"]) for a in each} for each in listed]

    assert shapes(api.annotations(image)["annotations"] for image in images) == shapes(done)
    api.call("POST", f"/api/projects/{project}/undo", 404, json={"what": {"type": "job", "job_id": str(uuid.uuid4())}})
