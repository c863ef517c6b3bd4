"""Rebuilding the read models gives the same bytes, whatever the batch size."""

from typing import Any

import pytest

from adapters.clock import new_id
from adapters.rebuild import rebuild
from domain import commands as c
from domain.events import CategoryAdded, CategoryMerged, ImageRegistered, ProjectCreated
from domain.execute import IMAGE, PROJECT, Decision, Executor
from domain.geometry import Box
from domain.ids import LOCAL_ACTOR
from domain.image_decisions import ImageContext, decide


async def filled_log(executor: Executor) -> None:
    """A project with two categories, one merged, and three images in several states."""
    project, red, white = new_id(), new_id(), new_id()

    async def create(_state, _look) -> Decision:
        return Decision(
            [
                ProjectCreated("cells", "", "detect"),
                CategoryAdded(red, "RBC", "#0072B2", "1", 0),
                CategoryAdded(white, "WBC", "#E69F00", None, 1),
            ]
        )

    who: dict[str, Any] = {"project_id": project, "actor_id": LOCAL_ACTOR}
    await executor.execute(PROJECT, project, create, **who)
    for n in range(3):
        image = new_id()

        async def register(_state, _look, n=n) -> Decision:
            return Decision([ImageRegistered(f"{n}.png", f"{n:064x}", 640, 480, 1000, "image/png")])

        async def annotate(state, look) -> Decision:
            drawn = [c.DrawAnnotation(new_id(), red, Box(float(i), 1.5, 10.25, 11)) for i in range(5)]
            commands = [
                *drawn,
                c.ReshapeAnnotation(drawn[0].annotation_id, Box(3, 4, 5, 6)),
                c.RecategoriseAnnotation(drawn[1].annotation_id, white),
                c.DeleteAnnotation(drawn[2].annotation_id),
                c.RestoreAnnotation(drawn[2].annotation_id),
                c.DeleteAnnotation(drawn[3].annotation_id),
                c.Submit(),
            ]
            return Decision(decide(state, commands, ImageContext(await look(PROJECT, project), LOCAL_ACTOR)))

        await executor.execute(IMAGE, image, register, **who)
        await executor.execute(IMAGE, image, annotate, **who)

    async def merge(_state, _look) -> Decision:
        return Decision([CategoryMerged(white, red)])

    await executor.execute(PROJECT, project, merge, **who)


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
async def test_the_rebuilt_tables_are_the_live_ones_to_the_byte(executor: Executor, empty_settings, batch_size):
    await filled_log(executor)
    report = await rebuild(empty_settings.database_url, batch_size=batch_size, swap=False)
    assert [name for name, proof in report.tables.items() if not proof.equal] == []
    assert report.tables["annotations"].rows == 12


async def test_a_damaged_row_is_found_and_put_right_by_the_swap(executor: Executor, empty_settings, pool):
    await filled_log(executor)
    await pool.execute(
        "UPDATE annotations SET x = x + 1 WHERE annotation_id = (SELECT annotation_id FROM annotations LIMIT 1)"
    )
    report = await rebuild(empty_settings.database_url)
    assert [name for name, proof in report.tables.items() if not proof.equal] == ["annotations"]
    assert (await rebuild(empty_settings.database_url)).equal


async def test_an_unfinished_rebuild_leaves_nothing(executor: Executor, empty_settings, pool):
    await filled_log(executor)
    await rebuild(empty_settings.database_url, stop_after=5)
    assert await pool.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname = 'rebuilt'") == 0
    assert (await rebuild(empty_settings.database_url, swap=False)).equal
