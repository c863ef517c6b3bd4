"""One query batch: the images picked to be labelled next. It is selected once and never changes."""

from uuid import UUID

import msgspec

from domain import events as e


class QueryBatchState(msgspec.Struct, frozen=True):
    query_batch_id: UUID
    version: int = 0
    picks: tuple[e.Pick, ...] = ()


def evolve(state: QueryBatchState, version: int, _actor_id: UUID, event: e.Event) -> QueryBatchState:
    picks = event.picks if isinstance(event, e.QueryBatchSelected) else state.picks
    return msgspec.structs.replace(state, version=version, picks=picks)
