"""The dictionary model of one project with its images: what every gesture must lead to."""

from uuid import UUID

from domain.ids import derived_id
from tests.faults.model_deed import Doing
from tests.faults.model_gestures import Gesture, JobAccepts, OnCategory, OnImage, ThrowAway, Undo
from tests.faults.model_image import Annotation, ModelImage
from tests.faults.model_project import ModelProject, Refused
from tests.faults.model_undo import undo


class World:
    def __init__(self, project_id: UUID, project: ModelProject, images: dict[UUID, ModelImage]) -> None:
        self.project_id = project_id
        self.project = project
        self.images = images
        self.gestures = 0

    def copy(self) -> "World":
        images = {key: image.copy() for key, image in self.images.items()}
        twin = World(self.project_id, self.project.copy(), images)
        twin.gestures = self.gestures
        return twin

    def obey(self, actor: UUID, gesture: Gesture, command_id: UUID) -> str | None:
        """The kind of error that it must be refused with, or None; refused means that nothing has changed."""
        project, images = self.project.copy(), {key: image.copy() for key, image in self.images.items()}
        self.gestures += 1
        for image in self.images.values():
            image.has_taken = False
            others = [one.annotations for one in self.images.values() if one is not image]
            image.ids_elsewhere = frozenset(key for annotations in others for key in annotations)
            image.doing = Doing(self.gestures, actor, gesture.undo_id if isinstance(gesture, Undo) else None)
        try:
            self._obey(actor, gesture, command_id)
            if any(image.has_taken for image in self.images.values()):
                raise Refused("Conflict")
        except Refused as refused:
            self.project, self.images = project, images
            return refused.kind
        return None

    def _obey(self, actor: UUID, gesture: Gesture, command_id: UUID) -> None:
        match gesture:
            case OnImage():
                image = self.images[gesture.image]
                if gesture.expected_version not in (None, image.version):
                    raise Refused("StaleVersion")
                self.project.require_usable()
                if image.trashed:
                    raise Refused("WrongState")
                for command in gesture.commands:
                    image.obey(actor, command, self.project)
            case OnCategory():
                self._on_category(gesture)
            case ThrowAway(what=what, back=back):
                (self.project if what == self.project_id else self.images[what]).throw_away(back=back)
            case JobAccepts():
                if annotations := job_annotations(gesture, actor, command_id, self.project):
                    self.images[gesture.image].accept_for_job(derived_id(command_id, "job"), annotations)
            case Undo():
                undo(self.images[gesture.image], self.project, gesture)

    def _on_category(self, gesture: OnCategory) -> None:
        match gesture.action:
            case "add":
                assert gesture.name is not None
                assert gesture.color is not None
                if gesture.category not in self.project.categories:
                    self.project.add(gesture.category, gesture.name, gesture.color, gesture.hotkey or None)
            case "change":
                self.project.change(gesture.category, gesture.name, gesture.color, gesture.hotkey)
            case "merge":
                assert gesture.other is not None
                self.project.merge(gesture.category, gesture.other)
            case "unmerge":
                self.project.unmerge(gesture.category)
            case "remove":
                self.project.remove(gesture.category, gesture.other, self.in_use(gesture.category))

    def named(self, image_id: UUID | None) -> dict[str, UUID]:
        """Ids by what they are now: "live annotation 0", "active category 1"."""
        categories = self.project.categories
        kinds = {
            "active category": list(self.project.active()),
            "inactive category": [key for key in categories if key not in self.project.active()],
        }
        trashed = [self.project_id] * self.project.trashed + [k for k, image in self.images.items() if image.trashed]
        names = {"thing in the trash": next(iter(trashed), self.project_id)}
        if image_id is not None:
            image = self.images[image_id]
            kinds |= {
                "live annotation": list(image.annotations),
                "deleted annotation": list(image.deleted),
                "open prediction": [key for key, one in image.predictions.items() if one["state"] == "open"],
                "handled prediction": [key for key, one in image.predictions.items() if one["state"] != "open"],
            }
        return names | {f"{kind} {n}": keys[n % len(keys)] for kind, keys in kinds.items() for n in range(3) if keys}

    def in_use(self, category_id: UUID) -> int:
        """Annotations that count as this category; those of images in the trash too, for they may come back."""
        counted = (one["category"] for image in self.images.values() for one in image.annotations.values())
        return sum(self.project.resolved(category) == category_id for category in counted)


def job_annotations(
    gesture: JobAccepts, actor: UUID, command_id: UUID, project: ModelProject
) -> dict[UUID, Annotation]:
    category = project.resolved(gesture.category)
    return {
        derived_id(command_id, f"box {n}"): {
            "category": category, "geometry": box, "source": "model", "confidence": 0.9, "by": actor,
            "prediction": derived_id(command_id, f"guess {n}"), "run": derived_id(command_id, "run"),
        }
        for n, box in enumerate(gesture.boxes)
        if category is not None
    }  # fmt: skip
