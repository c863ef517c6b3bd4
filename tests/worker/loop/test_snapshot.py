"""The past of a project: read from the read model or folded from the log, the same either way."""

import pytest

from adapters.snapshot import project_at, read_snapshot, snapshot_batches, steady_connection
from domain.commands import DeleteAnnotation, MarkEmpty, Reopen, Submit
from domain.errors import NotFound
from domain.events import CategoryMerged, CategoryUnmerged, ImageTrashed
from domain.execute import IMAGE, PROJECT
from domain.geometry import Box
from tests.worker.loop.conftest import Scene

BOX = Box(1.5, 2.25, 10, 12)


async def test_every_position_reads_as_it_was_then(scene: Scene) -> None:
    cell, dot = await scene.category("cell"), await scene.category("dot")
    first, second, third = await scene.images(3)
    taken = []

    async def remember() -> None:
        position = (await scene.store.head()).position
        taken.append((position, await read_snapshot(scene.pool, scene.project_id, position)))

    await remember()
    drawn = await scene.draw(first, BOX, cell)
    await scene.edit(first, Submit())
    await remember()
    await scene.draw(second, BOX, dot)
    await scene.edit(second, Submit())
    await scene.edit(third, MarkEmpty())
    await remember()
    await scene.append(PROJECT, scene.project_id, CategoryMerged(dot, cell))
    await scene.edit(first, Reopen(), DeleteAnnotation(drawn), Submit())
    await remember()
    await scene.append(PROJECT, scene.project_id, CategoryUnmerged(dot))
    await scene.append(IMAGE, third, ImageTrashed())
    await scene.images(1, first=9)
    await remember()

    for position, then in taken:
        assert await read_snapshot(scene.pool, scene.project_id, position) == then
        async with steady_connection(scene.pool) as connection:
            project = await project_at(connection, scene.project_id, position)
            batches = snapshot_batches(connection, project, position, from_log_only=True)
            assert [one async for batch in batches for one in batch] == then.images
    counts = [[len(image.annotations) for image in then.images] for _, then in taken]
    assert counts == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 0]]
    merged = taken[3][1].images[1].annotations[0]
    assert merged.category_id == cell
    assert taken[4][1].images[1].annotations[0].category_id == dot
    assert [image.image_id for image in taken[2][1].images] == [first, second, third]


async def test_only_the_chosen_states(scene: Scene) -> None:
    await scene.category("cell")
    first, _ = await scene.images(2)
    await scene.edit(first, MarkEmpty())
    position = (await scene.store.head()).position
    chosen = await read_snapshot(scene.pool, scene.project_id, position, ("submitted",))
    assert [image.image_id for image in chosen.images] == [first]
    await scene.edit(first, Reopen())
    assert await read_snapshot(scene.pool, scene.project_id, position, ("submitted",)) == chosen


async def test_before_the_project_there_was_nothing(scene: Scene) -> None:
    with pytest.raises(NotFound):
        await read_snapshot(scene.pool, scene.project_id, 0)
