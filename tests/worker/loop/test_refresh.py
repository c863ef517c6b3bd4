"""A quick refresh: from an earlier run's weights, in a third of the steps, measured by what that run has not seen."""

from pathlib import Path

from tests.worker.loop.conftest import LearningDetector, Scene
from tests.worker.loop.training_job import LABELLED, labelled_scene, shapes_of, steps, trained
from worker.recipe import recipe_for


async def test_a_refresh_starts_from_the_run_and_is_judged_by_what_came_since(
    scene: Scene, tmp_path: Path, detector: LearningDetector
) -> None:
    labelled, rest = await labelled_scene(scene, 1)
    seen, fresh = labelled[:-2], labelled[-2:]
    run = await trained(scene, tmp_path, f"run:{await scene.run(learned_from=seen)}")
    measuring, final = detector.plans
    assert set(shapes_of(measuring, labelled)) == set(seen)
    assert set(shapes_of(final, labelled)) == set(labelled)
    assert not shapes_of(final, rest)
    assert run["metrics"]["held_out"]["images"] == len(fresh)
    for plan in (measuring, final):
        assert Path(plan.base_weights).read_bytes() == b"weights"
    fresh_start = recipe_for(LABELLED, 1)
    third = steps(fresh_start.epochs, fresh_start.batch, LABELLED) / 3
    assert steps(final.epochs, final.batch, LABELLED) <= third + LABELLED / final.batch
    assert any("Quick refresh" in notice for notice in run["notices"])


async def test_a_refresh_on_what_the_run_knew_already_is_not_measured(
    scene: Scene, tmp_path: Path, detector: LearningDetector
) -> None:
    labelled, _ = await labelled_scene(scene, 0)
    run = await trained(scene, tmp_path, f"run:{await scene.run(learned_from=labelled)}")
    assert len(detector.plans) == 1
    assert run["metrics"]["held_out"] is None
    assert any("Not measured" in notice for notice in run["notices"])
