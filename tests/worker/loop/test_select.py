"""A stored batch holds all that its choice came from: the same inputs give the same pictures again."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from adapters.clock import new_id
from domain.events import QueryBatchSelected
from domain.geometry import Box
from domain.ports import Detection
from tests.worker.loop.conftest import KnownDetector, Scene
from worker.tasks import embed, predict, select


@pytest.mark.parametrize("function", ["random", "k_center", "hybrid"])
async def test_a_batch_can_be_replayed(scene: Scene, tmp_path: Path, function: str) -> None:
    await scene.category("cell")
    await scene.images(12)
    if function != "random":
        await scene.complete(embed.run, await scene.start("embed", {}, tmp_path))
        # Drawn in one colour each, they would all count as copies of one picture.
        await scene.pool.execute("UPDATE embeddings SET near_duplicate_group = NULL")
    payload: dict[str, Any] = {
        "query_batch_id": str(new_id()), "acquisition_function": function, "budget": 5, "seed": 11,
    }  # fmt: skip
    context = await scene.start("select", payload, tmp_path)
    async with context.until_end:
        chosen = selected(await scene.complete(select.run, context))
    assert (chosen.seed, chosen.budget, chosen.acquisition_function) == (11, 5, function)
    assert len(chosen.picks) == 5
    assert all(pick.reason and pick.score is not None for pick in chosen.picks)

    # As it was before: the batch's pictures are free again, and nothing else has changed.
    await scene.pool.execute("UPDATE images SET query_batch_id = NULL, audit = false")
    replay = await scene.start("select", payload, tmp_path)
    async with replay.until_end:
        again = selected(await select.run(replay))
    assert again.inputs_digest == chosen.inputs_digest
    assert again.picks == chosen.picks


async def test_uncertainty_is_measured_and_summed_up_as_asked(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.category("cell")
    torn, faint, crowded = await scene.images(3)
    confidences = {torn: [0.5], faint: [0.1], crowded: [0.7] * 4}

    def answer(image: UUID) -> list[Detection]:
        return [Detection(0, Box(1 + 9 * n, 2, 8, 12), one) for n, one in enumerate(confidences[image])]

    monkeypatch.setattr(predict, "load_detector", lambda _name: KnownDetector(answer))
    await scene.complete(embed.run, await scene.start("embed", {}, tmp_path))
    await scene.pool.execute("UPDATE embeddings SET near_duplicate_group = NULL")
    wanted = {"run_id": str(await scene.run()), "mode": "suggest", "target_precision": 0.9}
    await scene.complete(predict.run, await scene.start("predict", wanted, tmp_path))

    expected = {("entropy", "max"): torn, ("least_confidence", "mean"): faint, ("margin", "sum"): crowded}
    for (measure, aggregation), first in expected.items():
        payload = {
            "query_batch_id": str(new_id()), "acquisition_function": "uncertainty", "budget": 1, "seed": 1,
            "measure": measure, "aggregation": aggregation,
        }  # fmt: skip
        context = await scene.start("select", payload, tmp_path)
        async with context.until_end:
            chosen = selected(await select.run(context))
        assert [pick.image_id for pick in chosen.picks] == [first]
        assert (chosen.settings["measure"], chosen.settings["aggregation"]) == (measure, aggregation)


def selected(completion: Any) -> QueryBatchSelected:
    ((_, _, (event,)),) = completion.also
    assert isinstance(event, QueryBatchSelected)
    return event
