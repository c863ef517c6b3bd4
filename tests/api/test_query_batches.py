"""Query batches through the API, with a real worker."""

from collections.abc import Iterator

import pytest

from adapters.settings import Settings
from tests.api.conftest import Api, picture
from tests.api.loop import Loop, running_worker
from tests.api.test_embeddings import scene


@pytest.fixture(scope="module", autouse=True)
def worker(api_settings: Settings) -> Iterator[None]:
    with running_worker(api_settings, HF_HUB_OFFLINE="1"):
        yield


def start(api: Api, count: int) -> tuple[Loop, list[str]]:
    loop = Loop(api, api.project("Batches"))
    files = [("files", (f"{n}.jpg", scene(30 * n % 256, n), "image/jpeg")) for n in range(count)]
    reply = api.call("POST", f"/api/projects/{loop.project_id}/images", 201, files=files)
    return loop, [image["id"] for image in reply["registered"]]


def select(loop: Loop, **body) -> dict:
    """The finished batch."""
    reply = loop.start("query-batches", **body)
    assert reply["query_batch"]["state"] in ("selecting", "selected")
    loop.finished(reply["job"])
    return batch(loop, reply["query_batch"]["id"])


def batch(loop: Loop, batch_id: str) -> dict:
    return loop.api.call("GET", f"/api/projects/{loop.project_id}/query-batches/{batch_id}")


def next_image(loop: Loop, batch_id: str, status: int = 200) -> dict:
    return loop.api.call("GET", f"/api/projects/{loop.project_id}/query-batches/{batch_id}/next", status)


def picked(chosen: dict) -> list[str]:
    return [image["image_id"] for image in chosen["images"]]


def test_a_random_batch_needs_no_vectors_and_is_worked_off_in_order(api: Api) -> None:
    loop, images = start(api, 6)
    chosen = select(loop, budget=3, acquisition_function="random", seed=7)
    assert (chosen["seed"], chosen["state"], chosen["budget"]) == (7, "selected", 3)
    assert [image["rank"] for image in chosen["images"]] == [1, 2, 3]
    assert set(picked(chosen)) < set(images)
    assert {image["reason"] for image in chosen["images"]} == {"drawn at random"}
    assert api.call("GET", f"/api/projects/{loop.project_id}/embedding-map")["embedded"] == 0
    for rank, image_id in enumerate(picked(chosen), start=1):
        upcoming = next_image(loop, chosen["id"])
        assert (upcoming["image_id"], upcoming["rank"], upcoming["remaining"]) == (image_id, rank, 4 - rank)
        assert api.call("GET", f"/api/images/{image_id}")["query_batch_id"] == chosen["id"]
        api.commands(image_id, {"type": "mark_empty"}, {"type": "submit"})
    assert next_image(loop, chosen["id"]) == {"image_id": None, "rank": None, "reason": None, "remaining": 0}


def test_open_picks_and_labelled_images_are_not_chosen_again(api: Api) -> None:
    loop, images = start(api, 6)
    api.commands(images[0], {"type": "mark_empty"}, {"type": "submit"})
    api.call("DELETE", f"/api/images/{images[1]}")
    first = select(loop, budget=3, acquisition_function="random")
    second = select(loop, budget=3, acquisition_function="random")
    assert sorted(picked(first) + picked(second)) == sorted(images[2:])
    refused = loop.api.call(
        "POST",
        f"/api/projects/{loop.project_id}/query-batches",
        409,
        json={"budget": 1, "acquisition_function": "random"},
    )
    assert "nothing to choose" in refused["detail"]
    listed = api.call("GET", f"/api/projects/{loop.project_id}/query-batches")["items"]
    assert listed == [batch(loop, second["id"]), batch(loop, first["id"])]


@pytest.mark.parametrize("function", ["k_center", "cluster_centres", "hybrid"])
def test_functions_that_need_vectors_embed_first_and_skip_near_duplicates(api: Api, function: str) -> None:
    loop, _ = start(api, 5)
    copies = [
        ("files", (f"copy {n}.jpg", scene(30 * n, n, size=(256, 192), quality=80), "image/jpeg")) for n in range(5)
    ]
    api.call("POST", f"/api/projects/{loop.project_id}/images", 201, files=copies)
    chosen = select(loop, budget=8, acquisition_function=function)
    groups = api.call("GET", f"/api/projects/{loop.project_id}/duplicates")["items"]
    assert len(groups) == 5
    assert len(chosen["images"]) == 5
    for group in groups:
        assert len(set(group["image_ids"]) & set(picked(chosen))) == 1
    assert all(image["reason"] for image in chosen["images"])
    assert any(image["audit"] for image in chosen["images"]) == (function == "hybrid")
    audit = {image["image_id"] for image in chosen["images"] if image["audit"]}
    assert {i for i in picked(chosen) if api.call("GET", f"/api/images/{i}")["audit"]} == audit


def test_the_same_seed_over_the_same_pool_is_the_same_batch(api: Api) -> None:
    loop, images = start(api, 8)
    body = {"budget": 4, "acquisition_function": "random", "seed": 3}
    chosen = select(loop, **body)
    again = Loop(api, api.project("Again"))
    again.api.call("POST", f"/api/projects/{again.project_id}/images", 201, files=[
        ("files", (f"{n}.jpg", scene(30 * n % 256, n), "image/jpeg")) for n in range(8)
    ])  # fmt: skip
    assert len(select(again, **body)["images"]) == 4
    # Ids differ between the projects, ranks among the sorted ids do not.
    order = sorted(images)
    others = sorted(image["id"] for image in api.call("GET", f"/api/projects/{again.project_id}/images")["items"])
    repeated = api.call("GET", f"/api/projects/{again.project_id}/query-batches")["items"][0]
    assert [order.index(i) for i in picked(chosen)] == [others.index(i) for i in picked(repeated)]


def test_two_batches_asked_for_at_once_share_no_picture(api: Api, api_settings: Settings) -> None:
    loop, images = start(api, 9)
    with running_worker(api_settings, HF_HUB_OFFLINE="1"):
        replies = [loop.start("query-batches", budget=3, acquisition_function="random") for _ in range(3)]
        for reply in replies:
            loop.finished(reply["job"])
    chosen = [i for reply in replies for i in picked(batch(loop, reply["query_batch"]["id"]))]
    assert sorted(chosen) == sorted(images)


def test_a_repeated_key_is_the_same_batch(api: Api) -> None:
    loop, _ = start(api, 3)
    path = f"/api/projects/{loop.project_id}/query-batches"
    ask = {"json": {"budget": 3, "acquisition_function": "random"}, "headers": {"Idempotency-Key": loop.project_id}}
    first = loop.api.call("POST", path, 202, **ask)
    loop.finished(first["job"])
    again = loop.api.call("POST", path, 202, **ask)
    assert (again["job"]["id"], again["query_batch"]["id"]) == (first["job"]["id"], first["query_batch"]["id"])
    assert len(api.call("GET", path)["items"]) == 1


def test_what_cannot_be_chosen_is_refused(api: Api) -> None:
    project = api.project()
    path = f"/api/projects/{project}/query-batches"
    assert "nothing to choose" in api.call("POST", path, 409, json={"budget": 1})["detail"]
    api.upload(project, picture(1), picture(2))
    assert "needs predictions" in api.call(
        "POST", path, 409, json={"budget": 1, "acquisition_function": "uncertainty"}
    )["detail"]  # fmt: skip
    for body in (
        {"budget": 0},
        {"budget": 1001},
        {"budget": 1, "acquisition_function": "best"},
        {"budget": 1, "seed": -1},
        {"budget": 1, "acquisition_function": "uncertainty", "measure": "guess"},
    ):
        api.call("POST", path, 400, json=body)
    refused = api.call("POST", path, 400, json={"budget": 1, "measure": "margin", "aggregation": "max"})
    assert [one["pointer"] for one in refused["errors"]] == ["/measure", "/aggregation"]
    assert "hybrid has no such setting" in refused["detail"]
    api.call("GET", f"{path}/{project}", 404)
