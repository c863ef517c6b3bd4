"""Embeds what is not embedded yet: vectors, difference hashes, near-duplicate groups, the map."""

import msgspec

from worker.context import Completion, TaskContext
from worker.embedding import embed_missing


async def run(context: TaskContext) -> Completion:
    embedded = await embed_missing(context)
    said = f"{embedded.embedded} pictures embedded with {embedded.embedder}"
    if embedded.unreadable:
        said += f"; {embedded.unreadable} could not be read"
    context.report(1.0, f"{said}. {embedded.notice}" if embedded.notice else said)
    return Completion(msgspec.to_builtins(embedded))
