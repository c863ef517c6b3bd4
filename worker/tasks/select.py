"""Selects a query batch: the pictures to label next, each with its reason."""

import asyncio
from uuid import UUID

import asyncpg

from adapters.database import connected
from adapters.embedding_rows import count_missing, count_unplaced, fetch_space
from adapters.snapshot import steady_connection
from domain.errors import NotReady
from domain.events import Pick, QueryBatchSelected
from worker.acquire import acquire
from worker.context import Completion, TaskContext
from worker.query_pool import QueryPool, read_query_pool

EMBEDDING_SHARE = 0.8
NEEDS_NO_VECTORS = ("random",)
OTHERS_TAKE_S = 30


async def run(context: TaskContext) -> Completion:
    """The same seed over the same inputs gives the same batch, so a second attempt picks what the first would have."""
    function, budget, seed = (context.payload[name] for name in ("acquisition_function", "budget", "seed"))
    chosen = {name: context.payload[name] for name in ("measure", "aggregation") if name in context.payload}
    needs_vectors = function not in NEEDS_NO_VECTORS
    if needs_vectors and await _vectors_are_missing(context):
        # Here, not above: it loads torch, four seconds that a choice among vectors that are there need not wait.
        from worker.embedding import embed_missing

        await embed_missing(context, share=EMBEDDING_SHARE)
    await _wait_for_others(context)
    context.report(EMBEDDING_SHARE, "Reading the pool")
    async with steady_connection(context.pool) as connection:
        read = await read_query_pool(connection, context.project_id, needs_vectors=needs_vectors)
    if not read.pool.candidates.size:
        raise NotReady("Every image is labelled, being labelled, or in a batch already.")
    context.report(0.9, f"Choosing {budget} of {len(read.pool.candidates)} images by {function}")
    picks = await asyncio.to_thread(acquire, function, read.pool, budget, seed, chosen)
    batch_id = UUID(context.payload["query_batch_id"])
    selected = QueryBatchSelected(
        acquisition_function=function,
        budget=budget,
        seed=seed,
        as_of_position=read.position,
        inputs_digest=read.digest,
        picks=tuple(
            Pick(read.ids[pick.index], rank, float(pick.score), pick.reason, pick.audit)
            for rank, pick in enumerate(picks, start=1)
        ),
        job_id=context.job_id,
        run_id=read.run_id,
        settings=_settings(read) | chosen,
    )
    context.report(1.0, f"{len(picks)} images picked by {function}")
    return Completion({"query_batch_id": str(batch_id), "images": len(picks)}, [(batch_id, 0, [selected])])


async def _vectors_are_missing(context: TaskContext) -> bool:
    space = await fetch_space(context.pool, context.project_id)
    if space is None or await count_missing(context.pool, context.project_id, space.embedder):
        return True
    return await count_unplaced(context.pool, context.project_id, space.embedder) > 0


async def _wait_for_others(context: TaskContext) -> None:
    """Two batches chosen at once would hold the same pictures: the lock lasts until this one is in the log."""
    connection = await context.until_end.enter_async_context(connected(context.settings.database_url))
    try:
        await connection.execute(f"SET lock_timeout = '{OTHERS_TAKE_S}s'")
        await connection.execute("SELECT pg_advisory_lock($1)", context.project_id.int & (2**63 - 1))
    except asyncpg.LockNotAvailableError as busy:
        raise RuntimeError(f"another selection in this project has been running for {OTHERS_TAKE_S} s") from busy


def _settings(read: QueryPool) -> dict[str, object]:
    facts = read.pool.facts
    return {
        "embedder": read.embedder,
        "candidates": len(read.pool.candidates),
        "labelled": len(read.pool.labelled),
        "map50": facts.map50 if facts else None,
    }
