"""Two runs side by side on the pictures that both were measured on."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from adapters.blobs import open_blob_store
from adapters.clock import new_id
from adapters.database import open_pool
from adapters.event_store import PostgresEventStore
from adapters.held_out import HeldOutImage, store_held_out
from adapters.settings import Settings
from domain.events import TrainingRequested, TrainingStarted, TrainingSucceeded
from domain.execute import TRAINING_RUN, Decision, Executor, Look
from domain.ids import LOCAL_ACTOR
from tests.api.conftest import Api
from tests.builders import picture

PATH = "/api/training-runs/compare/pictures"
LABEL = (10.0, 10.0, 20.0, 20.0)


def measured_run(settings: Settings, project_id: str, category: UUID, held_out: Sequence[HeldOutImage]) -> str:
    """A run that succeeded and found this on pictures it had not seen."""

    async def append() -> UUID:
        blobs = open_blob_store(settings.blob_url)
        digest = await store_held_out(blobs, held_out)
        run_id = new_id()
        metrics = {
            "map50": 0.5, "map50_95": 0.5, "precision": None, "recall": None, "images": len(held_out),
            "labelled_images": 9, "per_category": [],
            "held_out": {"kind": "k_fold", "images": len(held_out), "folds": 2, "digest": digest},
            "interval": {"map50": {"low": None, "high": None}, "map50_95": {"low": None, "high": None}},
        }  # fmt: skip
        events = [
            TrainingRequested(new_id(), "yolov8n.pt", 1, {}),
            TrainingStarted((category,), 9, (), (), {}, ()),
            TrainingSucceeded("f" * 64, metrics, (), {}, 1.0),
        ]

        async def decide(_state: Any, _look: Look) -> Decision:
            return Decision(events)

        pool = await open_pool(settings.database_url, size=2)
        store = PostgresEventStore(pool)
        await store.start()
        try:
            executor = Executor(store, new_id)
            await executor.execute(TRAINING_RUN, run_id, decide, project_id=UUID(project_id), actor_id=LOCAL_ACTOR)
        finally:
            await store.stop()
            await pool.close()
        return run_id

    return str(asyncio.run(append()))


def test_pictures_on_which_runs_differ_come_first_with_the_boxes_of_each(api: Api, api_settings: Settings) -> None:
    project_id = api.project("Compared")
    category = UUID(api.category(project_id, "cell"))
    alike, different, only_first = (
        UUID(one["id"]) for one in api.upload(project_id, *(picture(n) for n in range(3)))["registered"]
    )
    hit, ghost, unsure = (category, *LABEL, 0.9), (category, 60.0, 60.0, 9.0, 9.0, 0.8), (category, *LABEL, 0.1)
    label = (category, *LABEL)
    first = measured_run(
        api_settings,
        project_id,
        category,
        [
            HeldOutImage(alike, [label], [hit]),
            HeldOutImage(different, [label], [hit]),
            HeldOutImage(only_first, [label], [hit]),
        ],
    )
    second = measured_run(
        api_settings,
        project_id,
        category,
        [HeldOutImage(alike, [label], [hit]), HeldOutImage(different, [label], [ghost, unsure])],
    )

    page = api.call("GET", PATH, params={"ids": [first, second]})
    assert [one["image_id"] for one in page["items"]] == [str(different), str(alike)]
    top = page["items"][0]
    assert [(one["run_id"], one["missed"], one["wrong"]) for one in top["runs"]] == [(first, 0, 0), (second, 1, 1)]
    assert [len(one["shapes"]) for one in top["runs"]] == [1, 1]
    assert top["labels"][0]["geometry"] == {"type": "box", "x": 10.0, "y": 10.0, "width": 20.0, "height": 20.0}

    all_boxes = api.call("GET", PATH, params={"ids": [first, second], "min_confidence": 0})["items"][0]
    assert [len(one["shapes"]) for one in all_boxes["runs"]] == [1, 2]
    assert all_boxes["runs"][1]["missed"] == 0

    half = api.call("GET", PATH, params={"ids": [first, second], "limit": 1})
    rest = api.call("GET", PATH, params={"ids": [first, second], "limit": 1, "after": half["next"]})
    assert [one["image_id"] for one in half["items"] + rest["items"]] == [str(different), str(alike)]
    assert rest["next"] is None
    compared = api.call("GET", "/api/training-runs/compare", params={"ids": [first, second]})
    assert compared["common_images"] == 2
    (good,), (poor,) = (run["per_category"] for run in compared["runs"])
    # Of two pictures the second run fails on one: a draw may hold it twice or not at all.
    assert (good["ap50"], good["ap50_interval"]) == (pytest.approx(1), pytest.approx({"low": 1, "high": 1}))
    assert 0 < poor["ap50"] < 1
    cell = str(category)
    confusions = [{(c["labelled"], c["predicted"]): c["count"] for c in run["confusion"]} for run in compared["runs"]]
    assert confusions == [{(cell, cell): 2}, {(cell, cell): 1, (cell, None): 1, (None, cell): 1}]
    sizes = [{size["bucket"]: size["labels"] for size in run["sizes"]} for run in compared["runs"]]
    assert sizes == [{"small": 2, "medium": 0, "large": 0}] * 2
    assert poor["ap50_interval"]["low"] < poor["ap50"] < poor["ap50_interval"]["high"] == pytest.approx(1)


def test_a_wrong_place_or_one_run_alone_is_refused(api: Api) -> None:
    one = "01900000-0000-7000-8000-000000000000"
    api.call("GET", PATH, 400, params={"ids": [one]})
    api.call("GET", PATH, 400, params={"ids": [one, "01900000-0000-7000-8000-000000000001"], "after": "nonsense"})
