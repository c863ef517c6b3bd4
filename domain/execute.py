"""Load a stream, fold it, decide, append with the expected version; on a lost race, once more with what is new."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec

from domain import export, image, job, project, query_batch, training
from domain.errors import Conflict, DomainError
from domain.events import Event, NewEvent
from domain.ids import derived_id
from domain.ports import Append, EventStore, Guard, StreamAppend

MAX_ATTEMPTS = 3
CACHED_STREAMS = 2_000


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


S = TypeVar("S", bound=Versioned)


class Aggregate(msgspec.Struct, Generic[S], frozen=True):
    """How a kind of stream starts and folds."""

    initial: Callable[[UUID], S]
    evolve: Callable[[S, int, UUID, Event], S]


PROJECT = Aggregate(project.ProjectState, project.evolve)
IMAGE = Aggregate(image.ImageState, image.evolve)
JOB = Aggregate(job.JobState, job.evolve)
TRAINING_RUN = Aggregate(training.TrainingRunState, training.evolve)
QUERY_BATCH = Aggregate(query_batch.QueryBatchState, query_batch.evolve)
EXPORT = Aggregate(export.ExportState, export.evolve)


class Look(Protocol):
    async def __call__(self, aggregate: Aggregate[S], stream_id: UUID) -> S: ...


class Decision(msgspec.Struct, frozen=True):
    """What to append: this stream's events, other streams' events with them, and what must not have moved."""

    events: Sequence[Event]
    guards: Sequence[Guard] = ()
    also: Sequence[tuple[UUID, int | None, Sequence[Event]]] = ()
    """(stream_id, expected_version, events) of other streams, appended in the same breath."""


class Outcome(msgspec.Struct, Generic[S], frozen=True):
    before: S
    """What the command found."""
    state: S
    position: int
    """Of the last event appended; 0 when there was nothing to do."""
    duplicate: bool = False


class Executor:
    """Executes against one EventStore. States are cached by stream; the expected version makes a stale one harmless."""

    def __init__(self, store: EventStore, new_id: Callable[[], UUID]) -> None:
        self.store = store
        self.new_id = new_id
        self._states: OrderedDict[UUID, Any] = OrderedDict()
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def load(self, aggregate: Aggregate[S], stream_id: UUID) -> S:
        """The stream folded up to now."""
        state = self._states.get(stream_id) or aggregate.initial(stream_id)
        for recorded in await self.store.read_stream(stream_id, state.version):
            state = aggregate.evolve(state, recorded.version, recorded.actor_id, recorded.event)
        self._remember(stream_id, state)
        return state

    def forget(self, stream_id: UUID) -> None:
        """Drop the cached state: after an erasure nothing of it may stay in memory."""
        self._states.pop(stream_id, None)

    async def recall(self, aggregate: Aggregate[S], stream_id: UUID) -> S:
        """The stream as last seen, without asking the store: only for guards, whose append tells if it was stale."""
        state = self._states.get(stream_id)
        return await self.load(aggregate, stream_id) if state is None else state

    async def execute(
        self,
        aggregate: Aggregate[S],
        stream_id: UUID,
        decide: Callable[[S, Look], Awaitable[Decision]],
        *,
        project_id: UUID,
        actor_id: UUID,
        command_id: UUID | None = None,
        causation_id: UUID | None = None,
        correlation_id: UUID | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> Outcome[S]:
        """Decide and append. `decide` gets the state and the way to look at the streams it guards.

        A command whose answer was lost is answered as done, whatever the world has come to since. Raises what `decide`
        raises, and Conflict when the race was lost three times in a row.
        """
        look: Look = self.recall
        lost = 0
        async with self._turn(stream_id):
            while lost < MAX_ATTEMPTS:
                state = await look(aggregate, stream_id)
                refusal: DomainError | None = None
                try:
                    decision = await decide(state, look)
                except DomainError as refused:
                    decision, refusal = Decision([]), refused
                if not decision.events and not decision.also:
                    if look != self.load:
                        # Refused, or nothing to do, by a cached state: believe it only after a look at the log.
                        look = self.load
                        continue
                    if command_id and (done := await self._done_before(aggregate, state, stream_id, command_id)):
                        return done
                    if refusal is not None:
                        raise refusal
                    return Outcome(state, state, 0)
                append = Append(
                    streams=self._streams(stream_id, state.version, decision, command_id),
                    project_id=project_id,
                    actor_id=actor_id,
                    guards=decision.guards,
                    command_id=command_id,
                    causation_id=causation_id,
                    correlation_id=correlation_id,
                    meta=meta or {},
                )
                appended = await self.store.append(append)
                match appended.status:
                    case "ok":
                        before = state
                        for event in decision.events:
                            state = aggregate.evolve(state, state.version + 1, actor_id, event)
                        self._remember(stream_id, state)
                        return Outcome(before, state, appended.position)
                    case "duplicate":
                        state = await self.load(aggregate, stream_id)
                        done = command_id and await self._done_before(aggregate, state, stream_id, command_id)
                        # Without a trace on this stream, its events are those on others.
                        return done or Outcome(state, state, appended.position, duplicate=True)
                    case "conflict":
                        lost += 1
                        look = self.load
        raise Conflict("Others kept changing this at the same time; try again.")

    async def _done_before(
        self, aggregate: Aggregate[S], state: S, stream_id: UUID, command_id: UUID
    ) -> Outcome[S] | None:
        """What this command came to if it has left events on the stream: with all that happened since, it says so."""
        before, position = aggregate.initial(stream_id), 0
        for recorded in await self.store.read_stream(stream_id):
            if recorded.command_id == command_id:
                position = recorded.position
            elif not position:
                before = aggregate.evolve(before, recorded.version, recorded.actor_id, recorded.event)
        return Outcome(before, state, position, duplicate=True) if position else None

    def _streams(
        self, stream_id: UUID, version: int, decision: Decision, command_id: UUID | None
    ) -> list[StreamAppend]:
        parts = [(stream_id, version, decision.events), *decision.also]
        counter = count()

        def event_id() -> UUID:
            # A retried command must be recognised, so its events' ids come from the command's.
            return derived_id(command_id, f"event {next(counter)}") if command_id else self.new_id()

        return [
            StreamAppend(sid, expected, [NewEvent(event_id(), event) for event in events])
            for sid, expected, events in parts
            if events
        ]

    def _turn(self, stream_id: UUID) -> asyncio.Lock:
        # Within one process nobody needs to lose a race: they take turns. Weak values: a lock lives while it is used.
        lock = self._turns.get(stream_id)
        if lock is None:
            lock = self._turns[stream_id] = asyncio.Lock()
        return lock

    def _remember(self, stream_id: UUID, state: Versioned) -> None:
        known = self._states.get(stream_id)
        if known is None or known.version <= state.version:
            self._states[stream_id] = state
        self._states.move_to_end(stream_id)
        while len(self._states) > CACHED_STREAMS:
            self._states.popitem(last=False)
