"""A stored batch holds all that its choice came from: the same inputs give the same pictures again."""

from pathlib import Path
from typing import Any

import pytest

from adapters.clock import new_id
from domain.events import QueryBatchSelected
from tests.worker.loop.conftest import Scene
from worker.tasks import embed, select


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


def selected(completion: Any) -> QueryBatchSelected:
    ((_, _, (event,)),) = completion.also
    assert isinstance(event, QueryBatchSelected)
    return event
