"""What may be done to an image: commands and its state in, events or a DomainError out."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec

from domain import commands as c
from domain import events as e
from domain.errors import Conflict, InvalidInput, NotFound, Problem, StaleVersion, WrongState
from domain.geometry import fitted
from domain.image import Annotation, ImageState, evolve
from domain.project import ProjectState


class ImageContext(msgspec.Struct, frozen=True):
    """What deciding about an image needs from outside its stream."""

    project: ProjectState
    actor_id: UUID
    predictions: Mapping[UUID, c.Prediction] = {}


def decide(state: ImageState, commands: Sequence[c.ImageCommand], context: ImageContext) -> list[e.Event]:
    """All commands, in order, or a DomainError naming the first that cannot be and nothing done."""
    require_usable(state)
    decided: list[e.Event] = []
    for index, command in enumerate(commands):
        pointer = f"/commands/{index}"
        for event in _decide_one(state, command, context, pointer):
            decided.append(event)
            state = evolve(state, state.version + 1, context.actor_id, event)
    return decided


def require_usable(state: ImageState) -> None:
    if state.version == 0 or state.erased:
        raise NotFound("There is no such image.")
    if state.trashed:
        raise WrongState("The image is in the trash; restore it first.")


def _decide_one(state: ImageState, command: c.ImageCommand, context: ImageContext, pointer: str) -> Sequence[e.Event]:
    match command:
        case c.DrawAnnotation():
            return [_drawn(state, command, context, pointer)]
        case c.ReshapeAnnotation():
            current = _existing(state, command.annotation_id, command.expected_version, pointer)
            geometry = fitted(command.geometry, state.width, state.height, f"{pointer}/geometry")
            return [] if geometry == current.geometry else [e.AnnotationReshaped(current.annotation_id, geometry)]
        case c.RecategoriseAnnotation():
            current = _existing(state, command.annotation_id, command.expected_version, pointer)
            category_id = context.project.usable_category(command.category_id, f"{pointer}/category_id")
            if category_id == current.category_id:
                return []
            return [e.AnnotationRecategorised(current.annotation_id, category_id, current.category_id)]
        case c.DeleteAnnotation():
            if command.annotation_id in state.deleted and command.annotation_id not in state.annotations:
                return []
            current = _existing(state, command.annotation_id, command.expected_version, pointer)
            return [e.AnnotationDeleted(current.annotation_id, current.category_id, current.source)]
        case c.RestoreAnnotation():
            if command.annotation_id in state.annotations:
                return []
            gone = state.deleted.get(command.annotation_id)
            if gone is None:
                raise NotFound(f"{pointer}/annotation_id: this annotation was never on the image.")
            # Of a category that is gone it would be on the image and never seen.
            context.project.usable_category(gone.category_id, f"{pointer}/annotation_id")
            if gone.prediction_id is not None and _holds(state, gone.prediction_id):
                raise Conflict(f"{pointer}/annotation_id: its prediction was accepted again meanwhile.")
            return [e.AnnotationRestored(gone.record())]
        case c.AcceptPrediction():
            prediction = _open_prediction(state, command.prediction_id, context, pointer)
            _require_fresh(state, command.annotation_id, pointer)
            return [_accepted(prediction, command.annotation_id, context)]
        case c.RejectPrediction():
            prediction = _open_prediction(state, command.prediction_id, context, pointer)
            return [
                e.PredictionRejected(
                    prediction.prediction_id, prediction.category_id, prediction.confidence, prediction.run_id
                )
            ]
        case c.ReopenPrediction():
            if command.prediction_id not in state.handled_predictions:
                return []
            if _holds(state, command.prediction_id):
                raise Conflict(f"{pointer}/prediction_id: its annotation is on the image; delete that first.")
            return [e.PredictionReopened(command.prediction_id)]
        case c.AcceptPredictions():
            chosen = [
                p
                for p in context.predictions.values()
                if p.confidence >= command.min_confidence
                and p.prediction_id not in state.handled_predictions
                and context.project.resolved(p.category_id) is not None  # nobody is shown those of a removed one
            ]
            # The prediction's id serves as the annotation's: a person can accept it once only.
            return [_accepted(p, p.prediction_id, context) for p in chosen if p.prediction_id not in state.annotations]
        case c.Submit():
            return _moved(state, e.ImageSubmitted(), {"unlabelled", "in_progress", "rejected", "auto"}, "submitted")
        case c.Approve():
            return _moved(state, e.ImageApproved(), {"submitted", "in_progress", "auto", "rejected"}, "approved")
        case c.Reject():
            return _moved(
                state, e.ImageRejected(command.reason), {"submitted", "approved", "auto", "in_progress"}, None
            )
        case c.Reopen():
            return _moved(state, e.ImageReopened(), {"submitted", "approved", "rejected", "auto"}, "in_progress")
        case c.MarkEmpty():
            if state.annotations:
                raise WrongState(f"{pointer}: the image has {len(state.annotations)} annotations; it is not empty.")
            return [] if state.state == "submitted" else [e.ImageMarkedEmpty()]
        case c.Claim():
            if state.claimed_by not in (None, context.actor_id):
                raise WrongState(f"{pointer}: somebody else has claimed this image.")
            return [] if state.claimed_by else [e.ImageClaimed()]
        case c.Release():
            return [e.ImageReleased()] if state.claimed_by else []


def decide_replacement(state: ImageState, wanted: Sequence[c.DrawAnnotation], context: ImageContext) -> list[e.Event]:
    """Turn the image's annotations into exactly `wanted`, as the fewest events: what stays, stays untouched."""
    require_usable(state)
    ids = [draw.annotation_id for draw in wanted]
    if len(set(ids)) != len(ids):
        raise InvalidInput("/annotations: an id appears twice.", [Problem("/annotations", "an id appears twice")])
    commands: list[c.ImageCommand] = []
    for annotation_id in state.annotations:
        if annotation_id not in set(ids):
            commands.append(c.DeleteAnnotation(annotation_id))
    for draw in wanted:
        if draw.annotation_id in state.annotations:
            commands.append(c.ReshapeAnnotation(draw.annotation_id, draw.geometry))
            commands.append(c.RecategoriseAnnotation(draw.annotation_id, draw.category_id))
        else:
            commands.append(draw)
    return decide(state, commands, context)


def decide_acceptance(
    state: ImageState, run_id: UUID, job_id: UUID, records: Sequence[e.AnnotationRecord]
) -> list[e.Event]:
    """Accept a job's predictions, unless a person has ever worked on the image: then it is left alone."""
    if state.trashed or state.erased or state.human_version or state.state not in ("unlabelled", "auto"):
        return []
    return [e.PredictionsAccepted(run_id, job_id, tuple(records))]


def decide_withdrawal(state: ImageState, job_id: UUID, run_id: UUID, records: Collection[UUID]) -> list[e.Event]:
    """Undo a job's acceptance: takes back what it added, except where a person touched the image since."""
    if state.erased or state.human_version:
        return []
    added = [a.record() for a in state.annotations.values() if a.annotation_id in records]
    return [e.PredictionsWithdrawn(run_id, job_id, tuple(added), "unlabelled")] if added else []


def _drawn(state: ImageState, command: c.DrawAnnotation, context: ImageContext, pointer: str) -> e.AnnotationDrawn:
    _require_fresh(state, command.annotation_id, pointer)
    category_id = context.project.usable_category(command.category_id, f"{pointer}/category_id")
    geometry = fitted(command.geometry, state.width, state.height, f"{pointer}/geometry")
    return e.AnnotationDrawn(command.annotation_id, category_id, geometry)


def _accepted(prediction: c.Prediction, annotation_id: UUID, context: ImageContext) -> e.PredictionAccepted:
    return e.PredictionAccepted(
        prediction_id=prediction.prediction_id,
        annotation_id=annotation_id,
        category_id=context.project.usable_category(prediction.category_id, "/category_id"),
        geometry=prediction.geometry,
        confidence=prediction.confidence,
        run_id=prediction.run_id,
    )


def _holds(state: ImageState, prediction_id: UUID) -> bool:
    """Whether an annotation that was made from this prediction is on the image."""
    return any(annotation.prediction_id == prediction_id for annotation in state.annotations.values())


def _require_fresh(state: ImageState, annotation_id: UUID, pointer: str) -> None:
    if annotation_id in state.annotations or annotation_id in state.deleted:
        raise Conflict(f"{pointer}/annotation_id: this annotation id is already used on the image.")


def _existing(state: ImageState, annotation_id: UUID, expected_version: int | None, pointer: str) -> Annotation:
    current = state.annotations.get(annotation_id)
    if current is None:
        if annotation_id in state.deleted:
            raise StaleVersion(f"{pointer}: the annotation was deleted meanwhile.", state.version)
        raise NotFound(f"{pointer}/annotation_id: no such annotation on this image.")
    if expected_version is not None and current.version != expected_version:
        raise StaleVersion(
            f"{pointer}: the annotation changed at version {current.version}, after version {expected_version}.",
            state.version,
        )
    return current


def _open_prediction(state: ImageState, prediction_id: UUID, context: ImageContext, pointer: str) -> c.Prediction:
    if prediction_id in state.handled_predictions:
        raise Conflict(f"{pointer}/prediction_id: this prediction was already accepted or rejected.")
    prediction = context.predictions.get(prediction_id)
    if prediction is None:
        raise NotFound(f"{pointer}/prediction_id: no such prediction on this image.")
    return prediction


def _moved(state: ImageState, event: e.Event, allowed: set[str], already: str | None) -> Sequence[e.Event]:
    if state.state == already:
        return []
    if state.state not in allowed:
        raise WrongState(f"An image that is {state.state} cannot get {e.event_type(event)}.")
    return [event]
