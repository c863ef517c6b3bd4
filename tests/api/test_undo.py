"""Whatever was done can be taken back and done again over HTTP, and the past stays readable as it was."""

import asyncio
import hashlib
import uuid
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from adapters.bulk_append import append_in_bulk
from adapters.clock import new_id
from adapters.database import connected
from adapters.prediction_rows import NewPrediction, PredictedImage, write_predictions
from adapters.rebuild import rebuild
from adapters.settings import Settings
from domain.events import AnnotationDrawn, NewEvent
from domain.geometry import Box
from domain.ids import LOCAL_ACTOR
from domain.ports import Append, StreamAppend
from tests.api.conftest import Api
from tests.api.loop import Loop, running_worker
from tests.api.test_erase_and_undo import draw
from tests.builders import box, picture
from tests.worker.prediction_job import accept_as_a_job

ME = str(LOCAL_ACTOR)


def undo(api: Api, project: str, status: int = 200, headers: dict[str, str] | None = None, **what: Any) -> Any:
    return api.call("POST", f"/api/projects/{project}/undo", status, json={"what": what}, headers=headers)


def shown(api: Api, image: str, **at: Any) -> tuple[str, list[tuple[Any, ...]], list[str]]:
    """What a person sees on it: review state, shapes, open proposals."""
    seen = api.annotations(image, **at)
    shapes = [(a["id"], a["category_id"], a["geometry"], a["source"], a["confidence"]) for a in seen["annotations"]]
    return seen["state"], sorted(shapes, key=str), sorted(one["id"] for one in seen["predictions"])


def head(api: Api, project: str) -> int:
    return api.call("GET", f"/api/projects/{project}/events", params={"limit": 500})["items"][-1]["position"]


@pytest.fixture
def scene(api: Api) -> tuple[str, str, str]:
    project = api.project()
    return project, api.category(project, "RBC"), api.image(project, 501)


KNOWN = "the box that is there"
GESTURES = {
    "draw": [{"type": "draw_annotation", "annotation_id": str(uuid.uuid4()), "geometry": box(30)}],
    "reshape": [{"type": "reshape_annotation", "annotation_id": KNOWN, "geometry": box(9, 9)}],
    "delete": [{"type": "delete_annotation", "annotation_id": KNOWN}],
    "submit": [{"type": "submit"}],
    "reject": [{"type": "submit"}, {"type": "reject", "reason": "blurred"}],
    "several": [
        {"type": "draw_annotation", "annotation_id": str(uuid.uuid4()), "geometry": box(40)},
        {"type": "reshape_annotation", "annotation_id": KNOWN, "geometry": box(3, 3)},
        {"type": "approve"},
    ],
}


@pytest.mark.parametrize("gesture", GESTURES)
def test_ones_own_last_gesture_is_taken_back_and_done_again(api: Api, scene: tuple[str, str, str], gesture: str):
    project, category, image = scene
    known = str(uuid.uuid4())
    api.commands(image, {**draw(category), "annotation_id": known})
    before, position = shown(api, image), head(api, project)
    commands = [
        one
        | ({"category_id": category} if one["type"] == "draw_annotation" else {})
        | ({"annotation_id": known} if one.get("annotation_id") == KNOWN else {})
        for one in GESTURES[gesture]
    ]
    api.commands(image, *commands)
    done = shown(api, image)
    report = undo(api, project, type="actor", actor_id=ME, image_ids=[image], after_position=position)
    assert (report["images"], report["kept"], report["skipped"]) == (1, 0, 0)
    assert shown(api, image) == before
    again = undo(api, project, type="undo", undo_id=report["undo_id"])
    assert shown(api, image) == done
    undo(api, project, type="undo", undo_id=again["undo_id"])
    assert shown(api, image) == before


async def test_what_comes_back_is_still_of_who_drew_it(api: Api, scene: tuple[str, str, str], api_settings: Settings):
    project, category, image = scene
    bea, first, second = new_id(), new_id(), new_id()
    drawn = [NewEvent(new_id(), AnnotationDrawn(key, UUID(category), Box(1, 1, 9, 9))) for key in (first, second)]
    async with connected(api_settings.database_url) as connection, connection.transaction():
        await append_in_bulk(connection, [Append([StreamAppend(UUID(image), 1, drawn)], UUID(project), bea)])
    position = head(api, project)
    api.commands(image, *({"type": "delete_annotation", "annotation_id": str(key)} for key in (first, second)))
    api.commands(image, {"type": "restore_annotation", "annotation_id": str(first)})
    undo(api, project, type="actor", actor_id=ME, image_ids=[image], after_position=position)
    for seen in (api.annotations(image), api.annotations(image, position=head(api, project))):
        assert {a["id"]: a["created_by"] for a in seen["annotations"]} == {str(first): str(bea), str(second): str(bea)}
    async with connected(api_settings.database_url) as connection:
        rows = await connection.fetch("SELECT created_by FROM annotations WHERE image_id = $1", UUID(image))
        assert [row["created_by"] for row in rows] == [bea, bea]
    assert (await proofs(api_settings)) == []


async def test_a_whole_prediction_job_is_taken_back_except_where_somebody_went_on(
    api: Api, scene: tuple[str, str, str], api_settings: Settings
):
    project, category, _ = scene
    images = [api.image(project, seed) for seed in range(510, 514)]
    clean = [shown(api, image) for image in images]
    job = await accept_as_a_job(api_settings, project, category, images)
    accepted = [shown(api, image) for image in images]
    assert [state for state, _, _ in accepted] == ["auto"] * 4
    moved = accepted[0][1][0][0]
    api.commands(images[0], {"type": "reshape_annotation", "annotation_id": moved, "geometry": box(7, 7)})
    report = undo(api, project, type="job", job_id=str(job))
    assert (report["images"], report["kept"], report["skipped"]) == (4, 1, 0)
    state, shapes, _ = shown(api, images[0])
    assert (state, [one[0] for one in shapes]) == ("in_progress", [moved])
    assert [shown(api, image)[:2] for image in images[1:]] == [one[:2] for one in clean[1:]]
    # Its boxes are proposals again, and the images are free for the next job.
    assert [len(shown(api, image)[2]) for image in images[1:]] == [2, 2, 2]
    async with connected(api_settings.database_url) as connection:
        touched = "SELECT count(*) FROM images WHERE image_id = ANY($1::uuid[]) AND human_version > 0"
        assert await connection.fetchval(touched, [UUID(image) for image in images[1:]]) == 0
    undo(api, project, type="undo", undo_id=report["undo_id"])
    assert [shown(api, image) for image in images[1:]] == accepted[1:]
    assert (await proofs(api_settings)) == []


async def test_undo_of_an_older_job_offers_no_proposals_that_a_newer_one_replaced(
    api: Api, scene: tuple[str, str, str], api_settings: Settings
):
    project, category, image = scene
    older = await accept_as_a_job(api_settings, project, category, [image])
    async with connected(api_settings.database_url) as connection:
        newer = PredictedImage(UUID(image), [NewPrediction(new_id(), UUID(category), Box(1, 1, 5, 5), 0.4)], 0, 0, {})
        await write_predictions(connection, UUID(project), new_id(), new_id(), [newer])
    undo(api, project, type="job", job_id=str(older))
    assert shown(api, image)[2] == [str(newer.predictions[0].prediction_id)]


def test_a_judged_proposal_is_open_again_after_its_undo_and_judged_after_the_next(
    api: Api, scene: tuple[str, str, str], api_settings: Settings
):
    project, category, image = scene
    first, second = propose(api_settings, project, category, image, 2)
    before, position = shown(api, image), head(api, project)
    assert before[2] == sorted([first, second])
    api.commands(
        image,
        {"type": "accept_prediction", "prediction_id": first, "annotation_id": str(uuid.uuid4())},
        {"type": "reject_prediction", "prediction_id": second},
    )
    done = shown(api, image)
    assert done[2] == []
    report = undo(api, project, type="actor", actor_id=ME, image_ids=[image], after_position=position)
    assert shown(api, image) == before
    undo(api, project, type="undo", undo_id=report["undo_id"])
    assert shown(api, image) == done


def propose(settings: Settings, project: str, category: str, image: str, count: int) -> list[str]:
    made = [NewPrediction(new_id(), UUID(category), Box(n + 1, 1, 5, 5), 0.5) for n in range(count)]

    async def write() -> None:
        async with connected(settings.database_url) as connection:
            predicted = PredictedImage(UUID(image), made, 0, 0, {})
            await write_predictions(connection, UUID(project), new_id(), new_id(), [predicted])

    asyncio.run(write())
    return [str(one.prediction_id) for one in made]


def test_a_deleted_shape_does_not_come_back_to_a_removed_category(api: Api, scene: tuple[str, str, str]) -> None:
    project, category, image = scene
    one = api.commands(image, draw(category))["annotations"][0]["id"]
    position = head(api, project)
    api.commands(image, {"type": "delete_annotation", "annotation_id": one})
    api.call("DELETE", f"/api/categories/{category}")
    what = {"type": "actor", "actor_id": ME, "image_ids": [image], "after_position": position}
    assert undo(api, project, **what)["kept"] == 1
    api.call("POST", f"/api/categories/{category}/unmerge")
    # With the category back, nothing may appear that nobody saw come back.
    assert api.annotations(image)["annotations"] == []
    assert undo(api, project, **what)["kept"] == 0
    assert [shape["id"] for shape in api.annotations(image)["annotations"]] == [one]


def test_a_repeated_undo_answers_the_same_and_undoes_once(api: Api, scene: tuple[str, str, str]):
    project, category, image = scene
    api.commands(image, draw(category))
    key, what = {"Idempotency-Key": str(uuid.uuid4())}, {"type": "actor", "actor_id": ME, "image_ids": [image]}
    first = undo(api, project, headers=key, **what)
    last = head(api, project)
    assert undo(api, project, headers=key, **what) == first
    assert head(api, project) == last
    undo(api, project, 422, headers=key, **{**what, "after_position": 1})


def test_an_image_in_the_trash_is_skipped_and_said(api: Api, scene: tuple[str, str, str]):
    project, category, image = scene
    api.commands(image, draw(category))
    api.call("DELETE", f"/api/images/{image}")
    report = undo(api, project, type="actor", actor_id=ME, image_ids=[image])
    assert (report["images"], report["skipped"]) == (0, 1)


@pytest.fixture
def worker(api_settings: Settings) -> Iterator[None]:
    with running_worker(api_settings):
        yield


@pytest.mark.usefixtures("worker")
async def test_every_past_position_reads_and_exports_as_it_was(
    api: Api, scene: tuple[str, str, str], api_settings: Settings
):
    project, category, image = scene
    other = api.category(project, "WBC")
    past: dict[int, tuple[Any, ...]] = {}

    def remember() -> int:
        position = head(api, project)
        past[position] = shown(api, image)[:2]
        return position

    known = str(uuid.uuid4())
    api.commands(image, {**draw(category), "annotation_id": known})
    remember()
    api.commands(image, draw(other, 20), {"type": "submit"})
    exported_at = remember()
    loop = Loop(api, project)
    bytes_then = exported(loop, exported_at)
    api.call("POST", f"/api/categories/{other}/merge", 200, json={"into": category})
    remember()
    api.call("POST", f"/api/categories/{other}/unmerge", 200)
    remember()
    assert past[exported_at] == list(past.values())[-1]
    report = undo(api, project, type="actor", actor_id=ME, image_ids=[image], after_position=min(past))
    remember()
    undo(api, project, type="undo", undo_id=report["undo_id"])
    remember()
    api.commands(image, {"type": "delete_annotation", "annotation_id": known})
    remember()
    assert (await rebuild(api_settings.database_url)).equal
    assert {position: shown(api, image, position=position)[:2] for position in past} == past
    assert exported(loop, exported_at) == bytes_then


def exported(loop: Loop, position: int) -> str:
    reply = loop.start("exports", format="coco", position=position)
    loop.finished(reply["job"])
    return hashlib.sha256(loop.api.http.get(f"/api/exports/{reply['export']['id']}/file").content).hexdigest()


def test_merge_and_back_shows_every_picture_as_before(api: Api, scene: tuple[str, str, str]):
    project, category, image = scene
    other = api.category(project, "WBC")
    twin = api.upload(project, picture(502))["registered"][0]["id"]
    api.commands(image, draw(category), draw(other, 20))
    api.commands(twin, draw(other))

    def everything() -> tuple[Any, ...]:
        listed = api.call("GET", f"/api/projects/{project}/categories", params={"include_inactive": True})["items"]
        categories = [{key: value for key, value in one.items() if key != "position"} for one in listed]
        found = api.call("GET", f"/api/projects/{project}/images", params={"category_id": other})["items"]
        return categories, shown(api, image), shown(api, twin), [one["id"] for one in found]

    before = everything()
    api.call("POST", f"/api/categories/{other}/merge", 200, json={"into": category})
    assert everything() != before
    api.call("POST", f"/api/categories/{other}/unmerge", 200)
    assert everything() == before


async def proofs(settings: Settings) -> list[str]:
    report = await rebuild(settings.database_url, swap=False)
    return [name for name, proof in report.tables.items() if not proof.equal]
