"""What a training starts from: weights that the detector knows by name, or those of an earlier run (`run:ID`)."""

from uuid import UUID

import asyncpg
import msgspec

from adapters import training_rows
from adapters.blobs import weights_name
from domain.errors import NotReady
from worker.context import TaskContext

RUN = "run:"


async def seen_by_base(pool: asyncpg.Pool, base: str) -> frozenset[UUID] | None:
    """The images that the run to refresh learned from; None when the training starts afresh."""
    if not base.startswith(RUN):
        return None
    row = await training_rows.fetch_run(pool, UUID(base.removeprefix(RUN)))
    return frozenset(msgspec.json.decode(row["train_image_ids"], type=list[UUID]) if row else ())


async def fetch_base_weights(context: TaskContext, base: str, task: str) -> str:
    """A name that the detector resolves, or the path of an earlier run's weights. Raises NotReady if it has none."""
    if not base.startswith(RUN):
        return base
    row = await training_rows.fetch_run(context.pool, UUID(base.removeprefix(RUN)))
    if row is None or row["weights_digest"] is None:
        raise NotReady("The run to start from has no weights.")
    # The name tells the detector what kind of model lies in it.
    target = context.work_dir / ("refreshed-seg.pt" if task == "segment" else "refreshed.pt")
    try:
        return str(await context.blobs.fetch_to(weights_name(row["weights_digest"]), target))
    except FileNotFoundError as gone:
        raise NotReady("The weights of the run to start from are gone from the blob store.") from gone
