"""One export: asked for at a log position, written once."""

from typing import Literal
from uuid import UUID

import msgspec

from domain import events as e


class ExportState(msgspec.Struct, frozen=True):
    export_id: UUID
    version: int = 0
    state: Literal["queued", "succeeded", "failed"] = "queued"


def evolve(state: ExportState, version: int, _actor_id: UUID, event: e.Event) -> ExportState:
    match event:
        case e.ExportWritten():
            lifecycle = "succeeded"
        case e.ExportFailed():
            lifecycle = "failed"
        case _:
            lifecycle = "queued"
    return msgspec.structs.replace(state, version=version, state=lifecycle)
