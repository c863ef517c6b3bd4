"""Predictions of a run by a detector whose answers are known: shown, accepted, left alone, undone, fenced."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from adapters.training_rows import predicting_run
from domain.commands import Submit
from domain.errors import Conflict, NotReady
from domain.events import CategoryRemoved, JobCancelRequested, PredictionsRecorded
from domain.execute import IMAGE, JOB, PROJECT
from domain.geometry import Box
from domain.ports import Detection
from tests.worker.loop.conftest import Answer, KnownDetector, Scene
from worker.tasks import predict

HERE = Box(10, 10, 20, 20)


def found(*confidences: float) -> list[Detection]:
    return [Detection(0, Box(1 + 2 * n, 2, 10, 12), confidence) for n, confidence in enumerate(confidences)]


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> KnownDetector:
    known = KnownDetector(lambda _image: found(0.9, 0.6, 0.3, 0.1))
    monkeypatch.setattr(predict, "load_detector", lambda _name: known)
    return known


async def predicted(scene: Scene, work_dir: Path, run_id: UUID, **payload: object):
    body = {"run_id": str(run_id), "mode": "suggest", "target_precision": 0.9, **payload}
    context = await scene.start("predict", body, work_dir)
    return context, await scene.complete(predict.run, context)


async def states(scene: Scene, image_id: UUID) -> list[tuple[float, str]]:
    rows = await scene.pool.fetch(
        "SELECT confidence, state FROM predictions WHERE image_id = $1 ORDER BY confidence DESC", image_id
    )
    return [(row["confidence"], row["state"]) for row in rows]


@pytest.mark.usefixtures("detector")
async def test_suggestions_wait_for_review(scene: Scene, tmp_path: Path) -> None:
    await scene.category("cell")
    images = await scene.images(3)
    run_id = await scene.run()
    context, completion = await predicted(scene, tmp_path, run_id)
    assert completion.result["predictions"] == 9
    # Too unsure to be shown, and yet kept for selection.
    assert await states(scene, images[0]) == [(0.9, "open"), (0.6, "open"), (0.3, "open")]
    summary = await scene.pool.fetchrow(
        "SELECT count, max_confidence, min_confidence, uncertainty, expected_corrections, "
        "jsonb_array_length(details -> 'boxes') AS boxes FROM image_predictions WHERE image_id = $1",
        images[0],
    )
    assert (summary["count"], summary["max_confidence"], summary["min_confidence"]) == (3, 0.9, 0.3)
    assert summary["boxes"] == 4
    assert summary["uncertainty"] > 0
    assert summary["expected_corrections"] > 0
    assert (await scene.executor.load(IMAGE, images[0])).state == "unlabelled"
    stream = [recorded.event for recorded in await scene.store.read_stream(run_id)]
    (recorded,) = [event for event in stream if isinstance(event, PredictionsRecorded)]
    assert (recorded.count, recorded.images, recorded.job_id) == (9, 3, context.job_id)


async def test_a_newer_run_supersedes_what_is_open(scene: Scene, tmp_path: Path, detector: KnownDetector) -> None:
    await scene.category("cell")
    (image,) = await scene.images(1)
    await predicted(scene, tmp_path, await scene.run())
    detector.answer = lambda _image: found(0.8)
    await predicted(scene, tmp_path, await scene.run())
    assert await states(scene, image) == [
        (0.9, "superseded"), (0.8, "open"), (0.6, "superseded"), (0.3, "superseded"),
    ]  # fmt: skip


@pytest.mark.usefixtures("detector")
async def test_a_newer_run_counts_once_it_has_looked(scene: Scene, tmp_path: Path) -> None:
    await scene.category("cell")
    await scene.images(1)
    first = await scene.run()
    await predicted(scene, tmp_path, first)
    second = await scene.run()
    for looked in (first, second):
        predicting = await predicting_run(scene.pool, scene.project_id)
        assert predicting is not None
        assert predicting.run_id == looked
        await predicted(scene, tmp_path, second)


@pytest.mark.usefixtures("detector")
async def test_boxes_above_the_threshold_are_accepted(scene: Scene, tmp_path: Path) -> None:
    await scene.category("cell")
    (image,) = await scene.images(1)
    _, completion = await predicted(scene, tmp_path, await scene.run(), mode="accept", min_confidence=0.5)
    state = await scene.executor.load(IMAGE, image)
    assert sorted(a.confidence or 0.0 for a in state.annotations.values()) == [0.6, 0.9]
    assert (state.state, state.human_version) == ("auto", 0)
    assert completion.result["accepted_boxes"] == 2
    assert await states(scene, image) == [(0.9, "accepted"), (0.6, "accepted"), (0.3, "open")]


async def test_a_newer_run_replaces_what_an_older_one_accepted(
    scene: Scene, tmp_path: Path, detector: KnownDetector
) -> None:
    await scene.category("cell")
    (image,) = await scene.images(1)
    await predicted(scene, tmp_path, await scene.run(), mode="accept", min_confidence=0.5)
    detector.answer = lambda _image: found(0.7)
    await predicted(scene, tmp_path, await scene.run(), mode="accept", min_confidence=0.5)
    state = await scene.executor.load(IMAGE, image)
    assert [a.confidence for a in state.annotations.values()] == [0.7]
    assert await scene.pool.fetchval("SELECT annotation_count FROM images WHERE image_id = $1", image) == 1


async def test_an_image_that_a_person_changed_meanwhile_is_left_alone(
    scene: Scene, tmp_path: Path, detector: KnownDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    category = await scene.category("cell")
    before, meanwhile, never = await scene.images(3)
    mine = await scene.draw(before, HERE, category)
    await scene.edit(before, Submit())
    drawn: list[UUID] = []

    original = predict._write

    async def edited_first(*arguments):
        # The detector has answered and nothing is written yet: the worst moment.
        drawn.append(await scene.draw(meanwhile, HERE, category))
        return await original(*arguments)

    monkeypatch.setattr(predict, "_write", edited_first)
    _, completion = await predicted(scene, tmp_path, await scene.run(), mode="accept", min_confidence=0.5)
    assert completion.result["images"] == 2
    assert completion.result["accepted_images"] == 1
    assert set((await scene.executor.load(IMAGE, before)).annotations) == {mine}
    assert set((await scene.executor.load(IMAGE, meanwhile)).annotations) == set(drawn)
    assert len((await scene.executor.load(IMAGE, never)).annotations) == 2
    assert {state for _, state in await states(scene, meanwhile)} == {"open"}


@pytest.mark.usefixtures("detector")
async def test_nothing_of_a_category_that_is_removed_meanwhile_is_accepted(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    category = await scene.category("cell")
    (image,) = await scene.images(1)
    removals = [CategoryRemoved(category, None)]
    original = predict.append_in_bulk

    async def removed_first(*arguments):
        # Everything is decided and nothing is written yet: the worst moment.
        while removals:
            await scene.append(PROJECT, scene.project_id, removals.pop())
        return await original(*arguments)

    monkeypatch.setattr(predict, "append_in_bulk", removed_first)
    _, completion = await predicted(scene, tmp_path, await scene.run(), mode="accept", min_confidence=0.5)
    assert not removals
    assert completion.result["accepted_boxes"] == 0
    assert (await scene.executor.load(IMAGE, image)).annotations == {}
    assert {state for _, state in await states(scene, image)} == {"open"}


@pytest.mark.parametrize("mode", ["suggest", "accept"])
@pytest.mark.usefixtures("detector")
async def test_a_cancelled_job_writes_nothing(scene: Scene, tmp_path: Path, mode: str) -> None:
    await scene.category("cell")
    (image,) = await scene.images(1)
    run_id = await scene.run()
    body = {"run_id": str(run_id), "mode": mode, "target_precision": 0.9, "min_confidence": 0.5}
    context = await scene.start("predict", body, tmp_path)
    await scene.append(JOB, context.job_id, JobCancelRequested())
    with pytest.raises(Conflict, match="cancelled"):
        await predict.run(context)
    assert await states(scene, image) == []
    assert (await scene.executor.load(IMAGE, image)).annotations == {}


async def test_a_second_attempt_goes_on_where_the_first_ended(
    scene: Scene, tmp_path: Path, detector: KnownDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.category("cell")
    images = await scene.images(4)
    run_id = await scene.run()
    monkeypatch.setattr(predict, "WRITTEN_AT_ONCE", 2)
    seen: list[UUID] = []

    def answer(image_id: UUID) -> list[Detection]:
        if len(seen) == 2:
            raise MemoryError("the machine is full")
        seen.append(image_id)
        return found(0.9)

    detector.answer = answer
    context = await scene.start(
        "predict", {"run_id": str(run_id), "mode": "suggest", "target_precision": 0.9}, tmp_path
    )
    with pytest.raises(MemoryError):
        await predict.run(context)
    detector.answer = remembering(seen)
    completion = await scene.complete(predict.run, context)
    assert sorted(seen) == sorted(images)
    assert completion.result["predictions"] == 4


def remembering(seen: list[UUID]) -> Answer:
    def answer(image_id: UUID) -> list[Detection]:
        seen.append(image_id)
        return found(0.9)

    return answer


@pytest.mark.usefixtures("detector")
async def test_a_run_without_weights_predicts_nothing(scene: Scene, tmp_path: Path) -> None:
    await scene.category("cell")
    run_id = await scene.run()
    await scene.blobs.delete("weights/ff/" + "f" * 64 + ".pt")
    await scene.images(1)
    with pytest.raises(NotReady, match="weights are gone"):
        await predicted(scene, tmp_path, run_id)


async def test_an_image_erased_while_it_is_looked_at_gets_no_prediction(
    scene: Scene, tmp_path: Path, detector: KnownDetector
) -> None:
    await scene.category("cell")
    stays, goes = await scene.images(2)
    loop = asyncio.get_running_loop()

    def answer(_image: UUID) -> list[Detection]:
        erased = scene.pool.execute("UPDATE images SET erased = true WHERE image_id = $1", goes)
        asyncio.run_coroutine_threadsafe(erased, loop).result(10)
        return found(0.9)

    detector.answer = answer
    await predicted(scene, tmp_path, await scene.run())
    assert await states(scene, stays) == [(0.9, "open")]
    assert await states(scene, goes) == []
    assert await scene.pool.fetchval("SELECT count(*) FROM image_predictions WHERE image_id = $1", goes) == 0
