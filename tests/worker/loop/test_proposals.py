"""A training that learns from an earlier run's proposals: which pictures and boxes it gets, and what may measure it."""

from collections import Counter
from pathlib import Path

import pytest

from domain.errors import NotReady
from domain.ports import Detection
from tests.worker.loop.conftest import SURE, UNSURE, LearningDetector, Scene
from tests.worker.loop.training_job import LABELLED, labelled_scene, shapes_of, steps, trained
from worker.recipe import recipe_for


async def test_sure_boxes_on_unlabelled_pictures_are_learned_from(
    scene: Scene, tmp_path: Path, detector: LearningDetector
) -> None:
    labelled, rest = await labelled_scene(scene, 4)
    empty = rest[0]
    detector.answer = lambda image: [] if image == empty else [Detection(0, SURE, 0.9), Detection(0, UNSURE, 0.3)]
    run = await trained(scene, tmp_path, teacher=str(await scene.run(learned_from=labelled)))
    (plan,) = detector.plans
    assert set(shapes_of(plan, labelled)) == set(labelled)
    assert len(plan.train) == LABELLED + 3
    proposed = shapes_of(plan, rest)
    assert set(proposed) == set(rest[1:])
    for ((category, box),) in proposed.values():
        assert category == 0
        assert (box.x, box.y, box.width, box.height) == pytest.approx((10, 10, 20, 20))
    assert (run["settings"]["proposed_images"], run["settings"]["proposed_boxes"]) == (3, 3)
    assert any("3 boxes on 3 pictures that nobody has labelled" in notice for notice in run["notices"])
    plain = recipe_for(LABELLED, 1)
    assert steps(plan.epochs, plan.batch, LABELLED + 3) >= 2 * steps(plain.epochs, plain.batch, LABELLED)
    assert plan.settings["lr0"] > plain.settings["lr0"]
    # The teacher has seen all that is labelled: nothing is left that could measure its pupil.
    assert run["metrics"]["held_out"] is None


async def test_fresh_pictures_measure_it_and_what_nearly_equals_them_is_not_learned_from(
    scene: Scene, tmp_path: Path, detector: LearningDetector
) -> None:
    labelled, rest = await labelled_scene(scene, 3)
    seen, fresh = labelled[:-2], labelled[-2:]
    twins = [fresh[0], rest[0]]
    await scene.pool.executemany(
        "INSERT INTO embeddings (image_id, embedder, project_id, dim, vector, dhash, near_duplicate_group) "
        "VALUES ($1, 'test', $2, 1, 'x', 'x', $3)",
        [(image, scene.project_id, fresh[0]) for image in twins],
    )
    run = await trained(scene, tmp_path, teacher=str(await scene.run(learned_from=seen)))
    measuring, final = detector.plans
    assert set(shapes_of(measuring, labelled)) == set(seen)
    assert set(shapes_of(final, labelled)) == set(labelled)
    for plan in (measuring, final):
        assert set(shapes_of(plan, rest)) == set(rest[1:])
    assert run["metrics"]["held_out"]["images"] == 2


async def test_few_labelled_pictures_are_not_drowned_in_proposals(
    scene: Scene, tmp_path: Path, detector: LearningDetector
) -> None:
    labelled, rest = await labelled_scene(scene, 30)
    await trained(scene, tmp_path, teacher=str(await scene.run(learned_from=labelled)))
    (plan,) = detector.plans
    times = Counter(sample.image_id for sample in plan.train)
    assert {times[image] for image in rest} == {1}
    assert {times[image] for image in labelled} == {3}
    assert 3 * LABELLED / len(plan.train) >= 0.3


@pytest.mark.usefixtures("detector")
async def test_with_everything_labelled_there_is_nothing_to_propose_on(scene: Scene, tmp_path: Path) -> None:
    labelled, _ = await labelled_scene(scene, 0)
    with pytest.raises(NotReady, match="nobody has labelled"):
        await trained(scene, tmp_path, teacher=str(await scene.run(learned_from=labelled)))
