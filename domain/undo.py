"""Undo as compensation: events that take back chosen events of an image and leave everybody else's later work alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from domain import events as e
from domain import project as projects
from domain.image import Annotation, ImageState, evolve, review_state_after
from domain.image_decisions import require_usable
from domain.project import ProjectState

Chosen = Callable[[e.RecordedEvent], bool]
Key = TypeVar("Key")
Value = TypeVar("Value")


class Undone(msgspec.Struct, frozen=True):
    """`kept`: annotations that are not touched: somebody else changed them later, or their category was removed."""

    events: Sequence[e.Event]
    kept: Sequence[UUID]


class _Cells(Generic[Key, Value]):
    """What chosen events touched, each thing with its value before the first touch that nobody overwrote later."""

    def __init__(self) -> None:
        self._before: dict[Key, Value] = {}
        self._ours: dict[Key, bool] = {}

    def touch(self, key: Key, before: Value, *, chosen: bool) -> None:
        if chosen and not self._ours.get(key, False):
            self._before[key] = before
        if chosen or key in self._ours:
            self._ours[key] = chosen

    def to_restore(self) -> dict[Key, Value]:
        return {key: before for key, before in self._before.items() if self._ours[key]}

    def overwritten(self) -> list[Key]:
        return [key for key in self._before if not self._ours[key]]


def by_job(job_id: UUID) -> Chosen:
    """What a prediction job accepted, and whatever became of that by undo."""
    return lambda r: isinstance(r.event, e.PredictionsAccepted | e.PredictionsWithdrawn) and r.event.job_id == job_id


def by_actor(actor_id: UUID, after_position: int) -> Chosen:
    return lambda r: r.actor_id == actor_id and r.position > after_position


def by_undo(undo_id: UUID) -> Chosen:
    return lambda r: r.correlation_id == undo_id


def decide_undo(image_id: UUID, history: Sequence[e.RecordedEvent], chosen: Chosen, project: ProjectState) -> Undone:
    """What brings every annotation, judged proposal and the review state back to before the first chosen event.

    What an event outside the choice touched later stays. An undo is made of ordinary events, so it can be undone the
    same way. What a job accepted is withdrawn (and accepted again) as the job's, not as somebody's work. Nothing comes
    back to a removed category: it would be on the image and never seen.
    """
    projects.require_usable(project)
    state = ImageState(image_id)
    annotations: _Cells[UUID, Annotation | None] = _Cells()
    handled: _Cells[UUID, bool] = _Cells()
    review: _Cells[None, e.ImageReviewState] = _Cells()
    jobs: dict[UUID, tuple[UUID, UUID]] = {}
    rejections: dict[UUID, e.PredictionRejected] = {}
    for recorded in history:
        event, is_chosen = recorded.event, chosen(recorded)
        for annotation_id in touched(event):
            annotations.touch(annotation_id, state.annotations.get(annotation_id), chosen=is_chosen)
        for prediction_id in judged(event, state):
            handled.touch(prediction_id, prediction_id in state.handled_predictions, chosen=is_chosen)
        if review_state_after(event) is not None:
            review.touch(None, state.state, chosen=is_chosen)
        if is_chosen and isinstance(event, e.PredictionsAccepted | e.PredictionsWithdrawn):
            jobs |= {record.annotation_id: (event.run_id, event.job_id) for record in event.annotations}
        if isinstance(event, e.PredictionAccepted | e.PredictionRejected):
            rejections[event.prediction_id] = e.PredictionRejected(
                event.prediction_id, event.category_id, event.confidence, event.run_id
            )
        state = evolve(state, recorded.version, recorded.actor_id, event)
    require_usable(state)
    shapes = annotations.to_restore()
    unseen = [key for key, one in shapes.items() if one is not None and project.resolved(one.category_id) is None]
    shapes = {key: one for key, one in shapes.items() if key not in unseen}
    wanted_review = review.to_restore().get(None, state.state)
    undone = [
        *_shapes_back(state, shapes, jobs, wanted_review),
        *_judgements_back(state, shapes, handled.to_restore(), rejections),
    ]
    reached = state.state
    for event in undone:
        reached = review_state_after(event) or reached
    # Where somebody else moved the review state on, the new compensations must not pull it back.
    if reached != wanted_review:
        undone.append(e.ImageReverted(wanted_review))
    return Undone(undone, [*annotations.overwritten(), *unseen])


def touched(event: e.Event) -> Sequence[UUID]:
    """The annotations that an event adds, changes or removes."""
    match event:
        case (
            e.AnnotationDrawn()
            | e.AnnotationReshaped()
            | e.AnnotationRecategorised()
            | e.AnnotationDeleted()
            | e.PredictionAccepted()
        ):
            return [event.annotation_id]
        case e.AnnotationRestored():
            return [event.annotation.annotation_id]
        case e.AnnotationsImported() | e.PredictionsAccepted() | e.PredictionsWithdrawn():
            return [record.annotation_id for record in event.annotations]
        case _:
            return []


def judged(event: e.Event, before: ImageState) -> Sequence[UUID]:
    """The proposals that an event takes, refuses or opens again one by one; deleting a taken one judges it too."""
    match event:
        case e.PredictionAccepted() | e.PredictionRejected() | e.PredictionReopened():
            return [event.prediction_id]
        case e.AnnotationRestored():
            prediction_id = event.annotation.prediction_id
        case e.AnnotationDeleted():
            prediction_id = before.annotations[event.annotation_id].prediction_id
        case _:
            return []
    return [] if prediction_id is None else [prediction_id]


def _shapes_back(
    state: ImageState,
    wanted: Mapping[UUID, Annotation | None],
    jobs: Mapping[UUID, tuple[UUID, UUID]],
    review: e.ImageReviewState,
) -> Iterator[e.Event]:
    withdrawn: dict[tuple[UUID, UUID], list[e.AnnotationRecord]] = {}
    accepted: dict[tuple[UUID, UUID], list[e.AnnotationRecord]] = {}
    one_by_one: list[e.Event] = []
    for annotation_id, before in wanted.items():
        now = state.annotations.get(annotation_id)
        job = jobs.get(annotation_id)
        if job is not None and before is None and now is not None:
            withdrawn.setdefault(job, []).append(now.record())
        elif job is not None and before is not None and now is None:
            accepted.setdefault(job, []).append(before.record())
        else:
            one_by_one += _back(now, before)
    for (run_id, job_id), records in withdrawn.items():
        yield e.PredictionsWithdrawn(run_id, job_id, tuple(records), review)
    for (run_id, job_id), records in accepted.items():
        yield e.PredictionsAccepted(run_id, job_id, tuple(records))
    yield from one_by_one


def _back(now: Annotation | None, wanted: Annotation | None) -> list[e.Event]:
    if wanted is None:
        return [] if now is None else [e.AnnotationDeleted(now.annotation_id, now.category_id, now.source)]
    if now is None:
        return [e.AnnotationRestored(wanted.record())]
    changes: list[e.Event] = []
    if now.geometry != wanted.geometry:
        changes.append(e.AnnotationReshaped(wanted.annotation_id, wanted.geometry))
    if now.category_id != wanted.category_id:
        changes.append(e.AnnotationRecategorised(wanted.annotation_id, wanted.category_id, now.category_id))
    return changes


def _judgements_back(
    state: ImageState,
    annotations: Mapping[UUID, Annotation | None],
    wanted: Mapping[UUID, bool],
    rejections: Mapping[UUID, e.PredictionRejected],
) -> Iterator[e.Event]:
    # The annotations are back by now; one that stands holds its proposal. One that was taken and then deleted was
    # refused in effect.
    standing = {one.annotation_id: one for one in state.annotations.values()}
    standing |= {key: one for key, one in annotations.items() if one is not None}
    gone = {key for key, one in annotations.items() if one is None}
    held = {one.prediction_id for key, one in standing.items() if key not in gone}
    for prediction_id, was_handled in wanted.items():
        is_handled = prediction_id in state.handled_predictions or prediction_id in held
        if is_handled and not was_handled and prediction_id not in held:
            yield e.PredictionReopened(prediction_id)
        elif was_handled and not is_handled and prediction_id in rejections:
            yield rejections[prediction_id]
