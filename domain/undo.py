"""Undo as compensation: events that take back chosen events of an image and leave everybody else's later work alone."""

from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec

from domain import events as e
from domain.image import Annotation, ImageState, evolve
from domain.image_decisions import require_usable

Chosen = Callable[[e.RecordedEvent], bool]


class Undone(msgspec.Struct, frozen=True):
    """`kept`: annotations that somebody else changed after the chosen events; they are not touched."""

    events: Sequence[e.Event]
    kept: Sequence[UUID]


def decide_undo(image_id: UUID, history: Sequence[e.RecordedEvent], chosen: Chosen) -> Undone:
    """What brings every annotation that the chosen events touched back to how it was before the first of them.

    An annotation that an event outside the choice touched later stays. An undo is made of ordinary events, so it can be
    undone the same way.
    """
    state = ImageState(image_id)
    before: dict[UUID, Annotation | None] = {}
    last_touch_chosen: dict[UUID, bool] = {}
    for recorded in history:
        is_chosen = chosen(recorded)
        for annotation_id in touched(recorded.event):
            if is_chosen and not last_touch_chosen.get(annotation_id, False):
                before[annotation_id] = state.annotations.get(annotation_id)
            if is_chosen or annotation_id in last_touch_chosen:
                last_touch_chosen[annotation_id] = is_chosen
        state = evolve(state, recorded.version, recorded.actor_id, recorded.event)
    require_usable(state)
    undone: list[e.Event] = []
    kept = [annotation_id for annotation_id in before if not last_touch_chosen[annotation_id]]
    for annotation_id, wanted in before.items():
        if last_touch_chosen[annotation_id]:
            undone += _back(state.annotations.get(annotation_id), wanted)
    return Undone(undone, kept)


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
