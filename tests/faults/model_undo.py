"""What an undo must lead to on one image, written from the words of the design.

Each thing goes back to what it was before the chosen deeds that nobody else followed up; the rest stays as it is.
"""

from collections import defaultdict
from itertools import takewhile
from typing import Any
from uuid import UUID

from tests.faults.model_deed import Deed, Thing
from tests.faults.model_gestures import Undo
from tests.faults.model_image import Annotation, ModelImage
from tests.faults.model_project import ModelProject, Refused


def undo(image: ModelImage, project: ModelProject, gesture: Undo) -> None:
    project.require_usable()
    if image.trashed:
        raise Refused("WrongState")
    chosen = [deed for deed in image.deeds if _is_meant(deed, gesture)]
    wanted = _wanted(image, chosen)
    review = wanted.pop(("review", None), image.review)
    shapes = {key: before for (kind, key), before in wanted.items() if kind == "shape" and key is not None}
    judgements = {key: before for (kind, key), before in wanted.items() if kind == "judgement" and key is not None}
    _bring_shapes_back(image, project, shapes, {deed.thing[1]: deed.job for deed in chosen if deed.job}, review)
    for prediction_id, was_judged in judgements.items():
        is_judged = prediction_id in image.handled
        if image.holder(prediction_id) is None and is_judged != was_judged:
            if is_judged:
                image.open_again(prediction_id)
            elif prediction_id in image.judged_alone:
                image.refuse(prediction_id)
    if image.review != review:
        image.happened(review, human=False)


def _is_meant(deed: Deed, gesture: Undo) -> bool:
    match gesture.what:
        case "job":
            return deed.job == gesture.of
        case "undo":
            return deed.by.undo == gesture.of
        case "actor":
            return deed.by.actor == gesture.of and deed.by.number > gesture.after_number


def _wanted(image: ModelImage, chosen: list[Deed]) -> dict[Thing, Any]:
    """Thing -> what it goes back to, in the order in which the chosen deeds first touched them."""
    of_thing: defaultdict[Thing, list[Deed]] = defaultdict(list)
    for deed in image.deeds:
        of_thing[deed.thing].append(deed)
    wanted: dict[Thing, Any] = {}
    for thing in dict.fromkeys(deed.thing for deed in chosen):
        last = list(takewhile(lambda deed: deed in chosen, reversed(of_thing[thing])))
        if last:
            wanted[thing] = last[-1].before
    return wanted


def _bring_shapes_back(
    image: ModelImage,
    project: ModelProject,
    shapes: dict[UUID, Annotation | None],
    jobs: dict[UUID | None, UUID],
    review: str,
) -> None:
    withdrawn: defaultdict[UUID, list[UUID]] = defaultdict(list)
    accepted: defaultdict[UUID, dict[UUID, Annotation]] = defaultdict(dict)
    one_by_one: dict[UUID, Annotation | None] = {}
    for key, before in shapes.items():
        if before is not None and project.resolved(before["category"]) is None:
            # Nobody would see it.
            continue
        if key in jobs and before is None and key in image.annotations:
            withdrawn[jobs[key]].append(key)
        elif key in jobs and before is not None and key not in image.annotations:
            accepted[jobs[key]][key] = before
        else:
            one_by_one[key] = before
    for job, annotation_ids in withdrawn.items():
        image.withdraw_all(job, annotation_ids, review)
    for job, annotations in accepted.items():
        image.accept_all(job, annotations)
    for key, before in one_by_one.items():
        _bring_back(image, key, before)


def _bring_back(image: ModelImage, annotation_id: UUID, before: Annotation | None) -> None:
    now = image.annotations.get(annotation_id)
    if before is None:
        if now is not None:
            image.delete(annotation_id)
    elif now is None:
        image.put_back(annotation_id, before)
    else:
        for name in ("geometry", "category"):
            if now[name] != before[name]:
                image.change(annotation_id, **{name: before[name]})
