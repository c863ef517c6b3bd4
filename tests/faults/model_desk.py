"""One API process as far as the log is concerned: an executor with a cache of its own, on the real event store."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from adapters.clock import new_id
from adapters.database import open_pool
from adapters.event_store import PostgresEventStore
from adapters.image_rows import fetch_predictions
from adapters.prediction_rows import supersede_reopened
from adapters.project_rows import annotations_in_use
from domain import events as e
from domain import project as projects
from domain.commands import Prediction, ReopenPrediction
from domain.errors import DomainError, StaleVersion
from domain.execute import IMAGE, PROJECT, Aggregate, Decision, Executor, Look, Outcome
from domain.geometry import Geometry
from domain.ids import derived_id
from domain.image import ImageState
from domain.image_decisions import ImageContext, decide, decide_acceptance
from domain.ports import Guard
from domain.project import ProjectState
from domain.undo import Chosen, by_actor, by_job, by_undo, decide_undo
from tests.faults.model_gestures import Gesture, JobAccepts, OnCategory, OnImage, ThrowAway, Undo

Decide = Callable[[Any, Look], Awaitable[Decision]]


class Desk:
    def __init__(self, pool: asyncpg.Pool, store: PostgresEventStore) -> None:
        self.pool = pool
        self.store = store
        self.executor = Executor(store, new_id)

    async def perform(
        self, project_id: UUID, actor: UUID, gesture: Gesture, command_id: UUID
    ) -> Outcome[Any] | DomainError:
        """As the routes do it: the refusal, or what became of the stream."""
        aggregate, stream_id, decision = self._plan(project_id, actor, gesture, command_id)
        undo_id = gesture.undo_id if isinstance(gesture, Undo) else None
        who = {"project_id": project_id, "actor_id": actor, "command_id": command_id, "correlation_id": undo_id}
        try:
            outcome = await self.executor.execute(aggregate, stream_id, decision, **who)
        except DomainError as refused:
            return refused
        if undo_id:
            await supersede_reopened(self.pool, [stream_id])
        return outcome

    def _plan(
        self, project_id: UUID, actor: UUID, gesture: Gesture, command_id: UUID
    ) -> tuple[Aggregate[Any], UUID, Decide]:
        match gesture:
            case OnImage():
                return IMAGE, gesture.image, self._on_image(project_id, actor, gesture)
            case OnCategory():
                return PROJECT, project_id, self._on_category(project_id, gesture)
            case ThrowAway(what=what, back=back):
                return (PROJECT, what, _project_thrown(back)) if what == project_id else (IMAGE, what, _thrown(back))
            case JobAccepts():
                return IMAGE, gesture.image, _accepted(project_id, gesture, command_id)
            case Undo():
                return IMAGE, gesture.image, self._undone(project_id, gesture)

    def _on_image(self, project_id: UUID, actor: UUID, gesture: OnImage) -> Decide:
        async def decision(state: ImageState, look: Look) -> Decision:
            if gesture.expected_version not in (None, state.version):
                raise StaleVersion("the image has moved", state.version)
            project = await look(PROJECT, project_id)
            projects.require_usable(project)
            reopening = [one.prediction_id for one in gesture.commands if isinstance(one, ReopenPrediction)]
            context = ImageContext(project, actor, await self._predictions(gesture.image, reopening))
            return Decision(decide(state, gesture.commands, context), [Guard(project_id, project.version)])

        return decision

    async def _predictions(self, image_id: UUID, reopening: list[UUID]) -> dict[UUID, Prediction]:
        return {
            row["prediction_id"]: Prediction(
                row["prediction_id"],
                row["run_id"],
                row["category_id"],
                msgspec.json.decode(row["geometry"], type=Geometry),
                row["confidence"],
            )
            for row in await fetch_predictions(self.pool, [image_id], reopening)
        }

    def _on_category(self, project_id: UUID, gesture: OnCategory) -> Decide:
        async def decision(state: ProjectState, _look: Look) -> Decision:
            category = gesture.category
            match gesture.action:
                case "add":
                    if category in state.categories:
                        return Decision([])
                    return Decision(
                        projects.decide_add_category(
                            state, category, gesture.name or "", gesture.color, gesture.hotkey or None
                        )
                    )
                case "change":
                    return Decision(
                        projects.decide_change_category(state, category, gesture.name, gesture.color, gesture.hotkey)
                    )
                case "merge":
                    assert gesture.other is not None
                    return Decision(projects.decide_merge(state, category, gesture.other))
                case "unmerge":
                    return Decision(projects.decide_unmerge(state, category))
                case "remove":
                    in_use = await annotations_in_use(self.pool, project_id, category)
                    return Decision(projects.decide_remove_category(state, category, gesture.other, in_use))

        return decision

    def _undone(self, project_id: UUID, gesture: Undo) -> Decide:
        async def decision(_state: ImageState, look: Look) -> Decision:
            project = await look(PROJECT, project_id)
            history = await self.store.read_stream(gesture.image)
            undone = decide_undo(gesture.image, history, _chosen(gesture), project)
            return Decision(undone.events, [Guard(project_id, project.version)])

        return decision


def _chosen(gesture: Undo) -> Chosen:
    match gesture.what:
        case "job":
            return by_job(gesture.of)
        case "undo":
            return by_undo(gesture.of)
        case "actor":
            return by_actor(gesture.of, gesture.after_position)


def _project_thrown(back: bool) -> Decide:
    async def decision(state: ProjectState, _look: Look) -> Decision:
        return Decision(projects.decide_restore(state) if back else projects.decide_trash(state))

    return decision


def _thrown(back: bool) -> Decide:
    async def decision(state: ImageState, _look: Look) -> Decision:
        if state.trashed != back:
            return Decision([])
        return Decision([e.ImageRestored() if back else e.ImageTrashed()])

    return decision


def _accepted(project_id: UUID, gesture: JobAccepts, command_id: UUID) -> Decide:
    async def decision(state: ImageState, look: Look) -> Decision:
        project = await look(PROJECT, project_id)
        category = project.resolved(gesture.category)
        if category is None:
            return Decision([])
        records = [
            e.AnnotationRecord(
                derived_id(command_id, f"box {n}"), category, box, "model", 0.9, derived_id(command_id, f"guess {n}"),
                derived_id(command_id, "run"),
            )
            for n, box in enumerate(gesture.boxes)
        ]  # fmt: skip
        events = decide_acceptance(state, derived_id(command_id, "run"), derived_id(command_id, "job"), records)
        return Decision(events, [Guard(project_id, project.version)])

    return decision


@asynccontextmanager
async def open_desk(database_url: str) -> AsyncIterator[Desk]:
    # What is true is decided under the head lock, before the disk is asked: thousands of commits need not wait for it.
    pool = await open_pool(database_url, size=2, durable=False)
    store = PostgresEventStore(pool)
    await store.start()
    try:
        yield Desk(pool, store)
    finally:
        await store.stop()
        await pool.close()
