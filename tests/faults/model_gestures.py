"""What two people may do to a project and its images, as data: drawn by hypothesis with names for ids."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from domain import commands as c
from domain.geometry import Box


class OnImage(msgspec.Struct, frozen=True):
    image: UUID
    commands: Sequence[c.ImageCommand]
    expected_version: int | None = None


class OnCategory(msgspec.Struct, frozen=True):
    action: Literal["add", "change", "merge", "unmerge", "remove"]
    category: UUID
    name: str | None = None
    color: str | None = None
    hotkey: str | None = None
    other: UUID | None = None
    """What it is merged into or its annotations are reassigned to."""


class ThrowAway(msgspec.Struct, frozen=True):
    """Into the trash, or back from it."""

    what: Any
    back: bool


class JobAccepts(msgspec.Struct, frozen=True):
    """A prediction job takes what is above its threshold: its own predictions, made for this gesture."""

    image: UUID
    boxes: Sequence[Box]
    category: UUID


class Undo(msgspec.Struct, frozen=True):
    """On one image: what `of` did, an actor after that gesture and log position only."""

    image: UUID
    what: Literal["actor", "job", "undo"]
    of: UUID
    undo_id: UUID
    after_number: int = 0
    after_position: int = 0


class TakeBack(msgspec.Struct, frozen=True):
    """What is taken back, in words: `number` counts back from the last one of its kind."""

    what: Literal["last gesture of", "everything of", "job", "undo"]
    person: int
    number: int
    images: Sequence[Any]


Gesture = OnImage | OnCategory | ThrowAway | JobAccepts | Undo


IMAGES, ANNOTATIONS, PREDICTIONS, CATEGORIES = 2, 6, 4, 6


def _one_of(*names: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(names)


images = _one_of("image 0", "image 1")
unused = _one_of(*["unused annotation 0", "unused annotation 1", "annotation 0"] * 3, "foreign annotation 0")
live = _one_of("live annotation 0", "live annotation 1", "live annotation 2", "annotation 1")
deleted = _one_of("deleted annotation 0", "deleted annotation 1", "annotation 2")
proposed = _one_of("open prediction 0", "open prediction 1", "prediction 0", "prediction 4")
judged = _one_of("handled prediction 0", "handled prediction 1", "prediction 4")
active = _one_of("active category 0", "active category 1", "active category 2", "category 0", "category 5")
inactive = _one_of("inactive category 0", "inactive category 1", "category 1")
versions = st.sampled_from([*[None] * 5, *["current"] * 4, "before"])
image_versions = st.sampled_from([*[None] * 12, *["current"] * 4, "before"])
boxes = st.sampled_from([Box(1, 2, 30, 40), Box(600, 440, 40, 40), Box(10.5, 0.25, 99.125, 7)])
any_box = boxes | boxes | boxes | st.just(Box(630, 400, 50, 50))

drawing = st.one_of(
    st.builds(c.DrawAnnotation, unused, active, any_box),
    st.builds(c.ReshapeAnnotation, live, any_box, versions),
    st.builds(c.RecategoriseAnnotation, live, active, versions),
)
deleting = st.builds(c.DeleteAnnotation, live, versions) | st.builds(c.RestoreAnnotation, deleted)
judging = st.one_of(
    st.builds(c.AcceptPrediction, proposed, unused),
    st.builds(c.RejectPrediction, proposed),
    st.builds(c.ReopenPrediction, judged),
    st.builds(c.AcceptPredictions, st.sampled_from([0.0, 0.5, 1.0])),
)
reviewing = st.sampled_from(
    [c.Submit(), c.Approve(), c.Reject("too small"), c.Reopen(), c.MarkEmpty(), c.Claim(), c.Release()]
)


def on_image(*commands: st.SearchStrategy[Any]) -> st.SearchStrategy[OnImage]:
    one = st.one_of(*commands).map(lambda command: [command])
    some = st.lists(st.one_of(*commands), min_size=2, max_size=3)
    return st.builds(OnImage, images, one | one | some, image_versions)


names, colors = st.sampled_from(["RBC", "rbc", "WBC", "Platelets", "Other"]), st.sampled_from(["#0072B2", "#E69F00"])
hotkeys = st.sampled_from([None, "", "1", "2"])
merge = st.builds(OnCategory, st.just("merge"), active, other=active)
on_category = st.one_of(
    st.builds(
        OnCategory, st.just("add"), _one_of(*(f"category {n}" for n in range(CATEGORIES))), names, colors, hotkeys
    ),
    st.builds(OnCategory, st.just("change"), active, st.none() | names, st.none() | colors, hotkeys),
    merge,
    st.builds(OnCategory, st.just("unmerge"), inactive),
    st.builds(OnCategory, st.just("remove"), active, other=st.none() | active),
)
throw_away = st.sampled_from(
    [
        ThrowAway("image 0", False),
        ThrowAway("image 1", False),
        ThrowAway("project", False),
        ThrowAway("project", True),
        # In the trash everything is refused: more ways lead back than there.
        *[ThrowAway("thing in the trash", True)] * 6,
    ]
)
job_accepts = st.builds(JobAccepts, images, st.lists(boxes, min_size=1, max_size=2), active)


one_image, some_images = images.map(lambda image: [image]), st.just(["image 0", "image 1"])
taken_back = st.sampled_from(["last gesture of", "last gesture of", "everything of", "job", "job", "undo", "undo"])
take_back = st.builds(TakeBack, taken_back, st.sampled_from([0, 1]), st.integers(0, 2), one_image | some_images)
take_back_on_one = st.builds(TakeBack, taken_back, st.sampled_from([0, 1]), st.integers(0, 2), one_image)


def cast(value: Any, ids: Mapping[str, UUID]) -> Any:
    """The same gesture with ids for names."""
    match value:
        case str() if re.fullmatch(
            r"(\w+ )?(image|annotation|prediction|category) \d|project|thing in the trash", value
        ):
            return ids[value]
        case list():
            return [cast(one, ids) for one in value]
        case OnImage() | OnCategory() | ThrowAway() | JobAccepts() | c.Command():
            fields = {name: cast(getattr(value, name), ids) for name in value.__struct_fields__}
            return msgspec.structs.replace(value, **fields)
        case _:
            return value


def numbered(gesture: OnImage, image_version: int, versions: Mapping[UUID, int]) -> OnImage:
    """ "current" and "before" as the numbers that they are now."""

    def number(word: Any, version: int) -> int | None:
        return {"current": version, "before": version - 1}.get(word)

    commands_ = [
        msgspec.structs.replace(
            command, expected_version=number(command.expected_version, versions.get(command.annotation_id, 1))
        )
        if isinstance(command, c.ReshapeAnnotation | c.RecategoriseAnnotation | c.DeleteAnnotation)
        else command
        for command in gesture.commands
    ]
    return OnImage(gesture.image, commands_, number(gesture.expected_version, image_version))
