"""Annotations through the API: commands, conflicts, replacement, history, time travel."""

import asyncio
import uuid

import pytest

from adapters import project_rows
from tests.api.conftest import Api
from tests.builders import box, picture


@pytest.fixture
def scene(api: Api) -> tuple[str, str, str]:
    """(project, category, image)."""
    project = api.project()
    return project, api.category(project, "RBC"), api.image(project)


def draw(category: str, annotation_id: str | None = None, **where: float) -> dict:
    return {
        "type": "draw_annotation",
        "annotation_id": annotation_id or str(uuid.uuid4()),
        "category_id": category,
        "geometry": box(**where),
    }


def test_a_drawn_box_is_there_for_the_next_reader(api: Api, scene):
    _, category, image = scene
    applied = api.commands(image, draw(category))
    read = api.annotations(image)
    assert read["annotations"] == applied["annotations"]
    assert read["annotations"][0]["geometry"] == box()
    assert (read["version"], read["state"]) == (2, "in_progress")


def test_all_commands_or_none(api: Api, scene):
    _, category, image = scene
    refused = api.commands(image, draw(category), draw(category, x=500), status=400)
    assert refused["errors"][0]["pointer"] == "/commands/1/geometry/x"
    assert api.annotations(image)["annotations"] == []


@pytest.mark.parametrize(
    ("geometry", "pointer"),
    [
        (box(x=-5), "/commands/0/geometry/x"),
        (box(width=0), "/commands/0/geometry/width"),
        (box(height=-1), "/commands/0/geometry/height"),
        (box(width=64.9), "/commands/0/geometry/width"),
        ({"type": "polygon", "rings": [[[0, 0], [1, 1]]]}, "/commands/0/geometry/rings/0"),
        ({"type": "mask", "size": [1, 1], "counts": "0"}, "/commands/0/geometry/size"),
    ],
)
def test_a_geometry_outside_the_image_is_named(api: Api, scene, geometry, pointer):
    _, category, image = scene
    command = draw(category) | {"geometry": geometry}
    assert api.commands(image, command, status=400)["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", '"\\u0000"'])
def test_numbers_and_text_that_json_or_the_database_cannot_hold_are_400(api: Api, scene, text):
    _, _, image = scene
    body = '{"commands":[{"type":"reject","reason":' + text + "}]}"
    answer = api.http.post(
        f"/api/images/{image}/commands", content=body.encode(), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400, answer.text


def test_a_slip_within_a_pixel_is_clipped(api: Api, scene):
    _, category, image = scene
    applied = api.commands(image, draw(category, x=-0.5, y=0, width=10.5, height=48.5))
    assert applied["annotations"][0]["geometry"] == box(0, 0, 10, 48)


def test_a_category_of_another_project_is_refused(api: Api, scene):
    _, _, image = scene
    foreign = api.category(api.project(), "RBC")
    refused = api.commands(image, draw(foreign), status=400)
    assert refused["errors"][0]["pointer"] == "/commands/0/category_id"


def test_moving_what_another_just_moved_is_a_conflict_with_the_missed_events(api: Api, scene):
    _, category, image = scene
    annotation = str(uuid.uuid4())
    api.commands(image, draw(category, annotation))
    move = {"type": "reshape_annotation", "annotation_id": annotation, "geometry": box(20), "expected_version": 2}
    api.commands(image, move)
    refused = api.commands(image, move | {"geometry": box(30)}, status=409)
    assert refused["current_version"] == 3
    assert refused["missed_events"][-1]["type"] == "annotation.reshaped"


def test_different_boxes_of_two_people_never_conflict(api: Api, scene):
    _, category, image = scene
    for x in range(5):
        api.commands(image, draw(category, x=x))
    assert len(api.annotations(image)["annotations"]) == 5


def test_the_answer_is_the_difference_that_the_commands_made(api: Api, scene):
    _, category, image = scene
    gone, moved, still, new = (str(uuid.uuid4()) for _ in range(4))
    first = api.commands(image, *(draw(category, each) for each in (gone, moved, still)))
    assert (first["base_version"], first["version"], first["removed_ids"]) == (1, 4, [])
    commands = [
        {"type": "delete_annotation", "annotation_id": gone},
        {"type": "reshape_annotation", "annotation_id": moved, "geometry": box(20)},
        draw(category, new, x=30),
    ]
    second = api.commands(image, *commands)
    assert (second["base_version"], second["version"], second["removed_ids"]) == (4, 7, [gone])
    assert {a["id"]: a["version"] for a in second["annotations"]} == {moved: 6, new: 7}
    kept = [a for a in first["annotations"] if a["id"] == still]
    assert api.annotations(image)["annotations"] == [second["annotations"][0], *kept, second["annotations"][1]]


def test_an_annotation_that_a_command_names_is_told_changed_or_not(api: Api, scene):
    _, category, image = scene
    annotation = str(uuid.uuid4())
    drawn = api.commands(image, draw(category, annotation), draw(category, x=30))
    as_it_is = {"type": "reshape_annotation", "annotation_id": annotation, "geometry": box()}
    answer = api.commands(image, as_it_is)
    assert answer == drawn | {"base_version": 3, "position": None, "annotations": drawn["annotations"][:1]}


def test_deleted_and_brought_back(api: Api, scene):
    _, category, image = scene
    annotation = str(uuid.uuid4())
    before = api.commands(image, draw(category, annotation))["annotations"][0]
    deleted = api.commands(image, {"type": "delete_annotation", "annotation_id": annotation})
    assert (deleted["annotations"], deleted["removed_ids"]) == ([], [annotation])
    after = api.commands(image, {"type": "restore_annotation", "annotation_id": annotation})["annotations"][0]
    assert after | {"version": 0} == before | {"version": 0}


def test_the_same_key_answers_the_same_and_draws_once(api: Api, scene):
    _, category, image = scene
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"commands": [draw(category)]}
    first = api.call("POST", f"/api/images/{image}/commands", json=body, headers=headers)
    again = api.call("POST", f"/api/images/{image}/commands", json=body, headers=headers)
    assert again == first
    assert len(api.annotations(image)["annotations"]) == 1
    api.call("POST", f"/api/images/{image}/commands", 422, json={"commands": [draw(category)]}, headers=headers)


def test_replacing_the_whole_set_touches_only_what_differs(api: Api, scene):
    _, category, image = scene
    keep, drop = str(uuid.uuid4()), str(uuid.uuid4())
    drawn = api.commands(image, draw(category, keep), draw(category, drop, x=30))
    version = drawn["version"]
    wanted = [{"id": keep, "category_id": category, "geometry": box()}, {"category_id": category, "geometry": box(7)}]
    path = f"/api/images/{image}/annotations"
    replaced = api.call("PUT", path, json={"annotations": wanted}, headers={"If-Match": f'"{version}"'})
    assert ([a["geometry"]["x"] for a in replaced["annotations"]], replaced["removed_ids"]) == ([7], [drop])
    assert api.annotations(image)["annotations"] == [drawn["annotations"][0], *replaced["annotations"]]
    api.call("PUT", path, 409, json={"annotations": []}, headers={"If-Match": str(version)})
    types = [entry["event"]["type"] for entry in api.call("GET", f"/api/images/{image}/history")["items"]]
    assert types.count("annotation.deleted") == 1


def test_the_image_can_be_read_at_any_past_position(api: Api, scene):
    _, category, image = scene
    first = api.commands(image, draw(category))
    api.commands(image, draw(category, x=30))
    past = api.annotations(image, position=first["position"])
    assert (past["version"], len(past["annotations"])) == (first["version"], 1)
    api.call("GET", f"/api/images/{image}/annotations", 400, params={"position": 10**15})


def test_the_history_of_one_annotation_is_what_happened_to_it(api: Api, scene):
    _, category, image = scene
    one, other = str(uuid.uuid4()), str(uuid.uuid4())
    api.commands(image, draw(category, one), draw(category, other, x=30))
    api.commands(image, {"type": "delete_annotation", "annotation_id": one})
    api.commands(image, {"type": "restore_annotation", "annotation_id": one}, {"type": "submit"})

    def types(**about: str) -> list[str]:
        history = api.call("GET", f"/api/images/{image}/history", params=about)
        return [entry["event"]["type"] for entry in history["items"]]

    assert types(annotation_id=one) == ["annotation.drawn", "annotation.deleted", "annotation.restored"]
    assert types(annotation_id=other) == ["annotation.drawn"]
    assert len(types()) == 6


def test_the_review_states(api: Api, scene):
    _, category, image = scene
    api.commands(image, draw(category))
    assert api.commands(image, {"type": "submit"})["state"] == "submitted"
    assert api.commands(image, {"type": "reject", "reason": "too loose"})["state"] == "rejected"
    assert api.commands(image, {"type": "reopen"})["state"] == "in_progress"
    assert api.commands(image, {"type": "submit"}, {"type": "approve"})["state"] == "approved"
    assert api.commands(image, draw(category, x=9))["state"] == "in_progress"
    api.commands(image, {"type": "mark_empty"}, status=409)


def test_an_empty_picture_is_a_finished_one(api: Api, scene):
    _, _, image = scene
    assert api.commands(image, {"type": "mark_empty"})["state"] == "submitted"


def test_merging_categories_and_back_is_the_identity(api: Api, scene):
    project, red, image = scene
    white = api.category(project, "WBC")
    api.commands(image, draw(red), draw(white, x=30))
    before = api.annotations(image)["annotations"]
    api.call("POST", f"/api/categories/{white}/merge", json={"into": red})
    assert {a["category_id"] for a in api.annotations(image)["annotations"]} == {red}
    counts = {c["id"]: c["count"] for c in api.call("GET", f"/api/projects/{project}/categories")["items"]}
    assert counts == {red: 2}
    api.call("POST", f"/api/categories/{white}/unmerge")
    assert api.annotations(image)["annotations"] == before


def test_a_category_in_use_goes_only_with_a_heir(api: Api, scene):
    project, red, image = scene
    api.commands(image, draw(red))
    api.call("DELETE", f"/api/categories/{red}", 409)
    white = api.category(project, "WBC")
    head = api.call("GET", f"/api/projects/{project}/events")["head"]
    api.call("DELETE", f"/api/categories/{red}", params={"reassign_to": white})
    assert api.annotations(image)["annotations"][0]["category_id"] == white
    added = api.call("GET", f"/api/projects/{project}/events", params={"after": head})["items"]
    assert [event["type"] for event in added] == ["category.removed"]
    api.commands(image, draw(red), status=200)


def test_a_box_drawn_while_its_category_is_being_removed_is_not_hidden(api: Api, scene, monkeypatch):
    _, red, image = scene
    original = project_rows.annotations_in_use

    async def drawn_after_the_look(*asked) -> int:
        in_use = await original(*asked)
        await asyncio.to_thread(api.commands, image, draw(red))
        return in_use

    monkeypatch.setattr(project_rows, "annotations_in_use", drawn_after_the_look)
    api.call("DELETE", f"/api/categories/{red}", 409)
    assert [a["category_id"] for a in api.annotations(image)["annotations"]] == [red]


def test_a_trashed_image_takes_no_box_and_comes_back_whole(api: Api, scene):
    project, category, image = scene
    api.commands(image, draw(category))
    api.call("DELETE", f"/api/images/{image}")
    api.commands(image, draw(category), status=409)
    assert api.call("GET", f"/api/projects/{project}/images")["items"] == []
    api.call("POST", f"/api/images/{image}/restore")
    assert len(api.annotations(image)["annotations"]) == 1


def test_uploading_twice_reports_the_duplicate(api: Api):
    project = api.project()
    first = api.upload(project, picture(3))
    again = api.upload(project, picture(3), picture(4))
    assert again["duplicates"] == [{"file_name": "picture-0.png", "image_id": first["registered"][0]["id"]}]
    assert len(again["registered"]) == 1
