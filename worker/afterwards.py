"""What a finished prediction says beyond its boxes: pictures that look emptier than they should, and stability."""

from uuid import UUID

from adapters.prediction_history_rows import boxes_of_two_runs, write_probably_missed
from adapters.prediction_rows import require_fence
from adapters.snapshot import steady_connection
from domain.evaluation import Found
from domain.geometry import Box
from worker.context import TaskContext
from worker.fusion import agreement_over
from worker.query_pool import read_query_pool
from worker.review_order import probably_missed

COMPARED_IMAGES = 200
"""Of the unlabelled pictures so many say how far two runs agree (learning.md 4.6)."""
AGREEMENT_FROM = 0.4


async def mark_probably_missed(context: TaskContext, run_id: UUID) -> int:
    """Pictures predicted as empty among labelled neighbours with objects; how many; none without embeddings."""
    async with steady_connection(context.pool) as connection:
        read = await read_query_pool(connection, context.project_id, needs_vectors=True)
    if read.run_id != run_id or not len(read.ids):
        return 0
    expected = {read.ids[row]: boxes for row, boxes in probably_missed(read.pool)}
    async with context.pool.acquire() as connection, connection.transaction():
        await require_fence(connection, context.guard())
        await write_probably_missed(connection, run_id, context.job_id, expected)
    return len(expected)


async def agreement_with_previous(context: TaskContext, run_id: UUID) -> float | None:
    """F1 of this run's boxes and those of the run that predicted before it, on the same unlabelled pictures."""
    rows = await boxes_of_two_runs(context.pool, context.project_id, run_id, AGREEMENT_FROM, COMPARED_IMAGES)
    if not rows:
        return None
    found: dict[UUID, tuple[list[Found], list[Found]]] = {}
    for image_id, ours, category_id, x, y, width, height, confidence in rows:
        pair = found.setdefault(image_id, ([], []))
        if category_id is not None:
            pair[0 if ours else 1].append(Found(category_id, Box(x, y, width, height), confidence))
    return agreement_over(found.values(), AGREEMENT_FROM)
