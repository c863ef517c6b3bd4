"""Embedding, the map, duplicates and search through the API, with a real worker and the offline embedder."""

import io
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from adapters.settings import Settings
from tests.api.conftest import Api
from tests.api.loop import Loop, running_worker

OFFLINE = "tf_efficientnet_lite0"
REASON_FOR_THE_FALLBACK = "ViT-B-32 could not be loaded"


@pytest.fixture(scope="module", autouse=True)
def worker(api_settings: Settings) -> Iterator[None]:
    with running_worker(api_settings, HF_HUB_OFFLINE="1"):
        yield


def scene(hue: int, seed: int, size: tuple[int, int] = (128, 96), quality: int = 90) -> bytes:
    """Coloured discs on uneven, tinted ground: `hue` is what it looks like, `seed` where its discs lie."""
    draw = np.random.default_rng(seed)
    # Even ground would leave the difference hash to the noise of the encoder.
    uneven = Image.fromarray(draw.integers(20, 120, (9, 12), np.uint8))
    grey = np.array(uneven.resize((128, 96), Image.Resampling.BICUBIC))
    rows, columns = np.mgrid[:96, :128]
    for x, y, radius in draw.integers((0, 0, 6), (128, 96, 24), (12, 3)):
        grey[(rows - y) ** 2 + (columns - x) ** 2 < radius**2] = draw.integers(100, 255)
    tint = np.stack([np.full_like(grey, hue), np.full_like(grey, 160), grey], axis=2)
    encoded = io.BytesIO()
    Image.fromarray(tint, "HSV").convert("RGB").resize(size).save(encoded, "JPEG", quality=quality)
    return encoded.getvalue()


@pytest.fixture(scope="module")
def loop(http) -> Loop:
    api = Api(http)
    return Loop(api, api.project("Scenes"))


@pytest.fixture(scope="module")
def images(loop: Loop) -> list[str]:
    """Four red and four green scenes, and the first red one again, larger; embedded."""
    pictures = [scene(0, seed) for seed in range(4)] + [scene(90, seed) for seed in range(4, 8)]
    pictures.append(scene(0, 0, size=(256, 192), quality=80))
    files = [("files", (f"{n}.jpg", content, "image/jpeg")) for n, content in enumerate(pictures)]
    reply = loop.api.call("POST", f"/api/projects/{loop.project_id}/images", 201, files=files)
    assert get(loop, "search", 409, text="cells")["detail"].startswith("Nothing is embedded yet")
    assert get(loop, "embedding-map")["missing"] == 9
    job = loop.finished(loop.start("embeddings")["job"])
    assert job["result"]["embedded"] == 9
    assert job["result"]["embedder"] == f"timm:{OFFLINE}"
    assert REASON_FOR_THE_FALLBACK in job["result"]["notice"]
    assert REASON_FOR_THE_FALLBACK in job["message"]
    return [image["id"] for image in reply["registered"]]


def get(loop: Loop, what: str, status: int = 200, **params) -> dict:
    return loop.api.call("GET", f"/api/projects/{loop.project_id}/{what}", status, params=params)


def test_similar_pictures_lie_together_on_the_map(loop: Loop, images: list[str]) -> None:
    page = get(loop, "embedding-map")
    assert (page["embedder"], page["dim"], page["embedded"], page["missing"]) == (f"timm:{OFFLINE}", 1280, 9, 0)
    place = {point["image_id"]: np.array([point["x"], point["y"]]) for point in page["items"]}
    assert set(place) == set(images)
    assert max(np.abs(xy).max() for xy in place.values()) == pytest.approx(1)
    red, green = images[:4], images[4:8]
    within = np.mean([np.linalg.norm(place[a] - place[b]) for group in (red, green) for a, b in pairwise(group)])
    across = np.mean([np.linalg.norm(place[a] - place[b]) for a, b in zip(red, green, strict=True)])
    assert within < across


def test_the_map_comes_in_pages(loop: Loop, images: list[str]) -> None:
    first = get(loop, "embedding-map", limit=5)
    second = get(loop, "embedding-map", limit=5, after=first["next"])
    assert [len(first["items"]), len(second["items"]), second["next"]] == [5, 4, None]
    assert first["items"] + second["items"] == get(loop, "embedding-map")["items"]


def test_a_larger_copy_is_a_near_duplicate(loop: Loop, images: list[str]) -> None:
    (group,) = get(loop, "duplicates")["items"]
    assert (group["kind"], set(group["image_ids"])) == ("near", {images[0], images[8]})


def test_only_what_is_missing_is_embedded(loop: Loop, images: list[str]) -> None:
    assert loop.finished(loop.start("embeddings")["job"])["result"]["embedded"] == 0


def test_search_by_image_finds_what_looks_alike(loop: Loop, images: list[str]) -> None:
    items = get(loop, "search", image_id=images[0], limit=4)["items"]
    assert items[0]["image_id"] == images[8]
    assert len(items) == 4
    assert images[0] not in [item["image_id"] for item in items]
    assert [item["score"] for item in items] == sorted((item["score"] for item in items), reverse=True)


def test_search_by_text_says_why_it_cannot(loop: Loop, images: list[str]) -> None:
    assert f"{OFFLINE}, which knows no text" in get(loop, "search", 409, text="a red cell")["detail"]


def test_a_search_asks_for_one_thing_of_this_project(loop: Loop, images: list[str]) -> None:
    get(loop, "search", 400)
    get(loop, "search", 400, text="a", image_id=images[0])
    stranger = loop.api.image(loop.api.project("Elsewhere"))
    get(loop, "search", 404, image_id=stranger)


def test_new_and_trashed_pictures_are_told_apart(loop: Loop, images: list[str]) -> None:
    new = loop.api.upload(loop.project_id, scene_png())["registered"][0]["id"]
    assert get(loop, "embedding-map")["missing"] == 1
    assert "not embedded yet" in get(loop, "search", 409, image_id=new)["detail"]
    loop.api.call("DELETE", f"/api/images/{images[8]}")
    found = [item["image_id"] for item in get(loop, "search", image_id=images[0])["items"]]
    assert images[8] not in found
    assert get(loop, "duplicates")["items"] == []
    assert loop.finished(loop.start("embeddings")["job"])["result"]["embedded"] == 1
    found = [item["image_id"] for item in get(loop, "search", image_id=images[0])["items"]]
    assert new in found


def scene_png() -> bytes:
    encoded = io.BytesIO()
    Image.open(io.BytesIO(scene(30, 99))).save(encoded, "PNG")
    return encoded.getvalue()


def test_a_picture_whose_file_is_gone_does_not_stop_the_others(api: Api, api_settings: Settings) -> None:
    loop = Loop(api, api.project("Lost"))
    pictures = [("files", (f"{n}.jpg", scene(200, 40 + n), "image/jpeg")) for n in range(3)]
    lost, *_ = api.call("POST", f"/api/projects/{loop.project_id}/images", 201, files=pictures)["registered"]
    digest = api.call("GET", f"/api/images/{lost['id']}")["digest"]
    (api_settings.data_dir / "api" / "images" / digest[:2] / digest).unlink()
    result = loop.finished(loop.start("embeddings")["job"])["result"]
    assert (result["embedded"], result["unreadable"], result["unreadable_files"]) == (2, 1, ["0.jpg"])
