"""What a prediction says beyond its boxes: agreement with the run before, pictures that look too empty, decisions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from adapters.clock import new_id
from adapters.held_out import HeldOutImage
from adapters.prediction_rows import review_queue
from domain.commands import AcceptPrediction, RejectPrediction, Submit
from domain.events import NewEvent, Pick, QueryBatchSelected
from domain.geometry import Box
from domain.ids import LOCAL_ACTOR
from domain.ports import Append, Detection, StreamAppend
from tests.worker.loop.conftest import UNMEASURED, KnownDetector, Scene
from worker.tasks import embed, predict


def found(*confidences: float) -> list[Detection]:
    return [Detection(0, Box(1 + 15 * n, 2, 10, 12), confidence) for n, confidence in enumerate(confidences)]


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> KnownDetector:
    known = KnownDetector(lambda _image: found(0.9, 0.6))
    monkeypatch.setattr(predict, "load_detector", lambda _name: known)
    return known


async def predicted(scene: Scene, work_dir: Path, run_id: UUID, **payload: object) -> dict[str, Any]:
    body = {"run_id": str(run_id), "mode": "suggest", "target_precision": 0.9, **payload}
    context = await scene.start("predict", body, work_dir)
    return dict((await scene.complete(predict.run, context)).result)


async def test_two_runs_agree_on_what_both_show(scene: Scene, tmp_path: Path, detector: KnownDetector) -> None:
    await scene.category("cell")
    await scene.images(3)
    assert (await predicted(scene, tmp_path, await scene.run()))["agreement_with_previous"] is None
    detector.answer = lambda _image: found(0.8)
    second = await predicted(scene, tmp_path, await scene.run())
    # One box in common, of two and one.
    assert second["agreement_with_previous"] == pytest.approx(2 / 3)


async def test_pictures_that_look_too_empty_are_a_queue(scene: Scene, tmp_path: Path, detector: KnownDetector) -> None:
    cell = await scene.category("cell")
    images = await scene.images(8)
    for image in images[:6]:
        await scene.draw(image, Box(10, 10, 20, 20), cell)
        await scene.draw(image, Box(20, 10, 20, 20), cell)
        await scene.edit(image, Submit())
    await scene.complete(embed.run, await scene.start("embed", {}, tmp_path))
    detector.answer = lambda image: [] if image == images[7] else found(0.9)
    run_id = await scene.run()
    assert (await predicted(scene, tmp_path, run_id))["probably_missed"] == 1
    queue = await review_queue(scene.pool, scene.project_id, run_id, "probably_missed", after=None, limit=10)
    assert [(row["image_id"], row["value"]) for row in queue] == [(images[7], 2.0)]


def measured(digest: str) -> dict[str, Any]:
    held_out = {"kind": "k_fold", "images": 9, "folds": 3, "digest": digest}
    return {**UNMEASURED, "images": 9, "labelled_images": 9, "held_out": held_out}


@pytest.mark.parametrize(("decision", "promised"), [(AcceptPrediction, True), (RejectPrediction, False)])
@pytest.mark.usefixtures("detector")
async def test_promises_follow_what_reviewers_decide_about_random_pictures(
    scene: Scene, tmp_path: Path, decision: Callable[..., Any], promised: bool
) -> None:
    cell = await scene.category("cell")
    images = await scene.images(6)
    await drawn_at_random(scene, images[:5])
    row = (1.0, 2.0, 10.0, 12.0)
    checked = [HeldOutImage(new_id(), [(cell, *row)], [(cell, *row, 0.9)]) for _ in range(29)]
    run_id = await scene.run(checked, measured)
    before = await predicted(scene, tmp_path, run_id)
    # 29 boxes without an error are just enough.
    assert before["promises"][str(cell)]["threshold"] is not None
    for image in images[:5]:
        rows = await scene.pool.fetch("SELECT prediction_id FROM predictions WHERE image_id = $1", image)
        ids = [row["prediction_id"] for row in rows]
        accept = [AcceptPrediction(one, one) for one in ids]
        await scene.edit(image, *(accept if decision is AcceptPrediction else map(RejectPrediction, ids)), Submit())
    after = await predicted(scene, tmp_path, run_id)
    promise = after["promises"][str(cell)]
    assert (promise["threshold"] is not None) == promised
    assert promise["checked"] == 29 + 5 * 2


async def drawn_at_random(scene: Scene, images: list[UUID]) -> None:
    picks = tuple(Pick(image, rank, 1.0, "drawn at random", True) for rank, image in enumerate(images, start=1))
    selected = QueryBatchSelected(
        acquisition_function="random",
        budget=len(picks),
        seed=0,
        as_of_position=1,
        inputs_digest="0" * 64,
        picks=picks,
        job_id=new_id(),
        run_id=None,
        settings={},
    )
    stream = StreamAppend(new_id(), 0, [NewEvent(new_id(), selected)])
    assert (await scene.store.append(Append([stream], scene.project_id, LOCAL_ACTOR))).status == "ok"
