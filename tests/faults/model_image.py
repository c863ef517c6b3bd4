"""What an image must be after each command: dictionaries and if, written from the words of the design."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from domain import commands as c
from domain.geometry import Box
from tests.faults.model_deed import Deed, Doing, Thing
from tests.faults.model_project import ModelProject, Refused

WIDTH, HEIGHT = 640, 480

MOVES: dict[type[c.Command], tuple[set[str], str]] = {
    c.Submit: ({"unlabelled", "in_progress", "rejected", "auto"}, "submitted"),
    c.Approve: ({"submitted", "in_progress", "auto", "rejected"}, "approved"),
    c.Reject: ({"submitted", "approved", "auto", "in_progress"}, "rejected"),
    c.Reopen: ({"submitted", "approved", "rejected", "auto"}, "in_progress"),
}
"""Command -> the review states that it may start from, and where it leads."""

Annotation = dict[str, Any]


class ModelImage:
    """Annotations and predictions are replaced, never changed in place, so that a shallow copy is a copy."""

    def __init__(self, predictions: dict[UUID, dict[str, Any]]) -> None:
        self.doing = Doing()
        self.ids_elsewhere: frozenset[UUID] = frozenset()
        """Annotations that are on other images now."""
        self.has_taken = False
        """Whether this gesture used one of those ids: then it is refused, if nothing else is wrong with it."""
        self.deeds: list[Deed] = []
        self.version = 1
        self.human_version = 0
        self.review = "unlabelled"
        self.reason: str | None = None
        self.trashed = False
        self.claimed_by: UUID | None = None
        self.annotations: dict[UUID, Annotation] = {}
        self.deleted: dict[UUID, Annotation] = {}
        self.predictions = predictions
        self.handled: set[UUID] = set()
        """Predictions that somebody has judged, those of jobs too."""
        self.judged_alone: set[UUID] = set()
        """Those that somebody has ever accepted or rejected one by one."""

    def copy(self) -> "ModelImage":
        twin = ModelImage(dict(self.predictions))
        twin.__dict__ |= self.__dict__ | {
            "predictions": twin.predictions,
            "annotations": dict(self.annotations),
            "deleted": dict(self.deleted),
            "deeds": list(self.deeds),
            "handled": set(self.handled),
            "judged_alone": set(self.judged_alone),
        }
        return twin

    def obey(self, actor: UUID, command: c.ImageCommand, project: ModelProject) -> None:
        """Raises Refused; then the image is as far as it got, and the caller goes back to a copy."""
        match command:
            case c.DrawAnnotation():
                self._require_fresh(command.annotation_id)
                category = project.usable(command.category_id)
                self._put(actor, command.annotation_id, category, inside(command.geometry), "human")
            case c.ReshapeAnnotation():
                now = self._existing(command.annotation_id, command.expected_version)
                if (shape := inside(command.geometry)) != now["geometry"]:
                    self.change(command.annotation_id, geometry=shape)
            case c.RecategoriseAnnotation():
                now = self._existing(command.annotation_id, command.expected_version)
                if (category := project.usable(command.category_id)) != now["category"]:
                    self.change(command.annotation_id, category=category)
            case c.DeleteAnnotation():
                if command.annotation_id in self.annotations or command.annotation_id not in self.deleted:
                    self._existing(command.annotation_id, command.expected_version)
                    self.delete(command.annotation_id)
            case c.RestoreAnnotation():
                self._restore(command.annotation_id, project)
            case c.AcceptPrediction() | c.RejectPrediction() | c.ReopenPrediction() | c.AcceptPredictions():
                self._judge(actor, command, project)
            case c.MarkEmpty():
                if self.annotations:
                    raise Refused("WrongState")
                if self.review != "submitted":
                    self.happened("submitted")
            case c.Claim():
                if self.claimed_by not in (None, actor):
                    raise Refused("WrongState")
                if self.claimed_by is None:
                    self.claimed_by = actor
                    self.happened(None, human=False)
            case c.Release():
                if self.claimed_by is not None:
                    self.claimed_by = None
                    self.happened(None, human=False)
            case c.Submit() | c.Approve() | c.Reject() | c.Reopen():
                self._move(command)

    def accept_for_job(self, job: UUID, annotations: dict[UUID, Annotation]) -> None:
        """A job leaves alone what a person has judged, and what lies in the trash."""
        if self.trashed or self.human_version or self.review not in ("unlabelled", "auto"):
            return
        self.accept_all(job, annotations)

    def accept_all(self, job: UUID, annotations: dict[UUID, Annotation]) -> None:
        self.happened("auto", *_shapes(annotations), human=False, job=job)
        for annotation_id, annotation in annotations.items():
            self.annotations[annotation_id] = annotation | {"version": self.version}
            self.deleted.pop(annotation_id, None)
            self.show(annotation["prediction"], "accepted")

    def withdraw_all(self, job: UUID, annotation_ids: list[UUID], review: str) -> None:
        self.happened(review, *_shapes(annotation_ids), human=False, job=job)
        for annotation_id in annotation_ids:
            self.show(self.annotations.pop(annotation_id)["prediction"], "open")

    def delete(self, annotation_id: UUID) -> None:
        self.happened("in_progress", ("shape", annotation_id), *_judgement(self.annotations[annotation_id]))
        self.deleted[annotation_id] = self.annotations.pop(annotation_id)

    def put_back(self, annotation_id: UUID, gone: Annotation) -> None:
        """It stays of who made it."""
        self.happened("in_progress", ("shape", annotation_id), *_judgement(gone))
        self.annotations[annotation_id] = gone | {"version": self.version}
        self.deleted.pop(annotation_id, None)
        if gone["prediction"] is not None:
            self.handled.add(gone["prediction"])
            self.show(gone["prediction"], "accepted")

    def refuse(self, prediction_id: UUID) -> None:
        self.happened(None, ("judgement", prediction_id))
        self.handled.add(prediction_id)
        self.judged_alone.add(prediction_id)
        self.show(prediction_id, "rejected")

    def open_again(self, prediction_id: UUID) -> None:
        self.happened(None, ("judgement", prediction_id))
        self.handled.discard(prediction_id)
        self.show(prediction_id, "open")

    def show(self, prediction_id: UUID, state: str) -> None:
        """Those that jobs of the model accept are told of by the log alone."""
        if prediction_id in self.predictions:
            self.predictions[prediction_id] = self.predictions[prediction_id] | {"state": state}

    def throw_away(self, *, back: bool) -> None:
        if self.trashed == back:
            self.trashed = not back
            self.happened(None, human=False)

    def _judge(self, actor: UUID, command: c.Command, project: ModelProject) -> None:
        match command:
            case c.AcceptPrediction(prediction_id=prediction_id, annotation_id=annotation_id):
                self._open(prediction_id)
                self._require_fresh(annotation_id)
                self._accept(actor, prediction_id, annotation_id, project)
            case c.RejectPrediction(prediction_id=prediction_id):
                self._open(prediction_id)
                self.refuse(prediction_id)
            case c.ReopenPrediction(prediction_id=prediction_id):
                if self.predictions.get(prediction_id, {}).get("state") in ("accepted", "rejected"):
                    if self.holder(prediction_id) is not None:
                        raise Refused("Conflict")
                    self.open_again(prediction_id)
            case c.AcceptPredictions(min_confidence=least):
                surest_first = sorted(self.predictions.items(), key=lambda item: -item[1]["confidence"])
                for prediction_id, prediction in surest_first:
                    shown = project.resolved(prediction["category"]) is not None
                    if shown and prediction["state"] == "open" and prediction["confidence"] >= least:
                        self._accept(actor, prediction_id, prediction_id, project)

    def _accept(self, actor: UUID, prediction_id: UUID, annotation_id: UUID, project: ModelProject) -> None:
        prediction = self.predictions[prediction_id]
        category = project.usable(prediction["category"])
        self._put(
            actor, annotation_id, category, prediction["geometry"], "model",
            confidence=prediction["confidence"], prediction=prediction_id, run=prediction["run"],
        )  # fmt: skip
        self.handled.add(prediction_id)
        self.judged_alone.add(prediction_id)
        self.show(prediction_id, "accepted")

    def _restore(self, annotation_id: UUID, project: ModelProject) -> None:
        if annotation_id in self.annotations:
            return
        if annotation_id not in self.deleted:
            raise Refused("NotFound")
        gone: Annotation = self.deleted[annotation_id]
        project.usable(gone["category"])
        prediction_id = gone["prediction"]
        if prediction_id is not None and self.holder(prediction_id) is not None:
            raise Refused("Conflict")
        self.put_back(annotation_id, gone)

    def _move(self, command: c.Command) -> None:
        allowed, leads_to = MOVES[type(command)]
        if self.review == leads_to and not isinstance(command, c.Reject):
            return
        if self.review not in allowed:
            raise Refused("WrongState")
        if isinstance(command, c.Reject):
            self.reason = command.reason
        self.happened(leads_to)

    def _put(self, actor: UUID, annotation_id: UUID, category: UUID, geometry: Box, source: str, **more: Any) -> None:
        made: Annotation = {
            "category": category, "geometry": geometry, "source": source, "by": actor,
            "confidence": None, "prediction": None, "run": None, **more,
        }  # fmt: skip
        self.happened("in_progress", ("shape", annotation_id), *_judgement(made))
        self.annotations[annotation_id] = made | {"version": self.version}
        self.deleted.pop(annotation_id, None)

    def change(self, annotation_id: UUID, **new: Any) -> None:
        self.happened("in_progress", ("shape", annotation_id))
        self.annotations[annotation_id] = self.annotations[annotation_id] | new | {"version": self.version}

    def happened(self, review: str | None, *things: Thing, human: bool = True, job: UUID | None = None) -> None:
        """One event, before what it does to `things` is done."""
        added = {key for kind, key in things if kind == "shape" and key not in self.annotations}
        self.has_taken = self.has_taken or not self.ids_elsewhere.isdisjoint(added)
        touched: list[Thing] = [*things, ("review", None)] if review else list(things)
        self.deeds += [Deed(self.doing, thing, self._now(thing), job) for thing in touched]
        self.version += 1
        self.review = review or self.review
        if human:
            self.human_version = self.version

    def _now(self, thing: Thing) -> Any:
        match thing:
            case "shape", UUID() as annotation_id:
                return self.annotations.get(annotation_id)
            case "judgement", prediction_id:
                return prediction_id in self.handled
            case _:
                return self.review

    def holder(self, prediction_id: UUID) -> UUID | None:
        return next((key for key, one in self.annotations.items() if one["prediction"] == prediction_id), None)

    def _open(self, prediction_id: UUID) -> None:
        if prediction_id not in self.predictions:
            raise Refused("NotFound")
        if self.predictions[prediction_id]["state"] != "open":
            raise Refused("Conflict")

    def _require_fresh(self, annotation_id: UUID) -> None:
        if annotation_id in self.annotations or annotation_id in self.deleted:
            raise Refused("Conflict")

    def _existing(self, annotation_id: UUID, expected_version: int | None) -> Annotation:
        if annotation_id not in self.annotations:
            raise Refused("StaleVersion" if annotation_id in self.deleted else "NotFound")
        now = self.annotations[annotation_id]
        if expected_version not in (None, now["version"]):
            raise Refused("StaleVersion")
        return now


def _shapes(annotation_ids: Iterable[UUID]) -> list[Thing]:
    return [("shape", key) for key in annotation_ids]


def _judgement(annotation: Annotation) -> list[Thing]:
    """That of its prediction, if it was made from one."""
    return [] if annotation["prediction"] is None else [("judgement", annotation["prediction"])]


def inside(box: Any) -> Box:
    if box.width <= 0 or box.height <= 0 or box.x < 0 or box.y < 0:
        raise Refused("InvalidInput")
    if box.x + box.width > WIDTH + 1 or box.y + box.height > HEIGHT + 1:
        raise Refused("InvalidInput")
    return box
