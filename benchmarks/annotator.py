"""A simulated person who knows the true labels, works through the HTTP API, and whose every action is counted.

Protocol: design page learning.md 7.5. A shown box (suggested or already accepted) that overlaps a true one by IoU 0.75
and has its category costs nothing but the look; from 0.5 on it is adjusted; with another category it is renamed; the
rest is deleted, and what no box shows is drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.clock import new_id
from benchmarks.client import Client
from domain.geometry import Box, intersection_over_union

FINE_IOU, NEAR_IOU = 0.75, 0.5

Truth = Sequence[tuple[str, Box]]
"""(category name, box, px) of one picture."""


@dataclass(frozen=True)
class Costs:
    """Seconds."""

    draw: float = 7.0
    adjust: float = 4.0
    rename: float = 2.0
    delete: float = 1.5
    open: float = 2.0
    look: float = 0.3


@dataclass
class Effort:
    images: int = 0
    looked: int = 0
    """Boxes that were shown."""
    accepted: int = 0
    adjusted: int = 0
    renamed: int = 0
    deleted: int = 0
    drawn: int = 0
    true_boxes: int = 0

    @property
    def actions(self) -> int:
        return self.adjusted + self.renamed + self.deleted + self.drawn

    def seconds(self, costs: Costs) -> float:
        return (
            costs.open * self.images
            + costs.look * self.looked
            + costs.adjust * self.adjusted
            + costs.rename * self.renamed
            + costs.delete * self.deleted
            + costs.draw * self.drawn
        )

    def by_hand(self, costs: Costs) -> float:
        """Seconds of drawing every true box, without any look."""
        return costs.draw * self.true_boxes

    def plus(self, other: "Effort") -> "Effort":
        return Effort(**{name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__})

    def minus(self, other: "Effort") -> "Effort":
        return Effort(**{name: getattr(self, name) - getattr(other, name) for name in self.__dataclass_fields__})


@dataclass
class Annotator:
    client: Client
    categories: Mapping[str, str]
    """Name -> category id."""
    truth: Mapping[str, Truth]
    """By file name."""
    effort: Effort = field(default_factory=Effort)

    def finish(self, image: Mapping[str, Any]) -> Effort:
        """Make one picture's labels true and submit it; what it took."""
        shown = self.client.get(f"/api/images/{image['id']}/annotations")
        taken = [_Shown(one, accepted=True) for one in shown["annotations"]]
        proposed = [_Shown(one, accepted=False) for one in shown["predictions"]]
        boxes, truth = [*taken, *proposed], self.truth[image["file_name"]]
        took = Effort(images=1, looked=len(boxes), true_boxes=len(truth))
        commands: list[dict[str, Any]] = []
        left = set(range(len(truth)))
        for box, place in _matched(boxes, truth, self.categories):
            if place is None:
                took.deleted += 1
                commands.append(box.removal)
                continue
            left.discard(place)
            name, true_box = truth[place]
            renamed, moved = self.categories[name] != box.category_id, box.overlap(true_box) < FINE_IOU
            took.accepted += not (renamed or moved)
            took.renamed += renamed
            took.adjusted += moved
            commands += box.correction(self.categories[name] if renamed else None, true_box if moved else None)
        for place in sorted(left):
            name, true_box = truth[place]
            took.drawn += 1
            commands.append(
                {
                    "type": "draw_annotation",
                    "annotation_id": str(new_id()),
                    "category_id": self.categories[name],
                    "geometry": _geometry(true_box),
                }
            )
        self.client.post(f"/api/images/{image['id']}/commands", {"commands": [*commands, {"type": "submit"}]})
        self.effort = self.effort.plus(took)
        return took


class _Shown:
    """A box on the screen: an annotation that a job accepted, or a proposal."""

    def __init__(self, one: Mapping[str, Any], *, accepted: bool) -> None:
        self.id = one["id"]
        self.accepted = accepted
        self.category_id = one["category_id"]
        self.confidence = one.get("confidence") or 0.0
        geometry = one["geometry"]
        self.box = Box(geometry["x"], geometry["y"], geometry["width"], geometry["height"])

    def overlap(self, box: Box) -> float:
        return intersection_over_union(self.box, box)

    @property
    def removal(self) -> dict[str, Any]:
        if self.accepted:
            return {"type": "delete_annotation", "annotation_id": self.id}
        return {"type": "reject_prediction", "prediction_id": self.id}

    def correction(self, category_id: str | None, box: Box | None) -> list[dict[str, Any]]:
        commands: list[dict[str, Any]] = []
        if not self.accepted:
            commands.append({"type": "accept_prediction", "prediction_id": self.id, "annotation_id": self.id})
        if category_id is not None:
            commands.append({"type": "recategorise_annotation", "annotation_id": self.id, "category_id": category_id})
        if box is not None:
            commands.append({"type": "reshape_annotation", "annotation_id": self.id, "geometry": _geometry(box)})
        return commands


def _matched(boxes: Sequence[_Shown], truth: Truth, categories: Mapping[str, str]) -> list[tuple[_Shown, int | None]]:
    """Each shown box with the true one it stands for: same category first, then the larger overlap."""
    pairs = sorted(
        (
            (box.category_id != categories[name], -overlap, i, j)
            for i, box in enumerate(boxes)
            for j, (name, true_box) in enumerate(truth)
            if (overlap := box.overlap(true_box)) >= NEAR_IOU
        ),
    )
    found: dict[int, int] = {}
    for _, _, i, j in pairs:
        if i not in found and j not in found.values():
            found[i] = j
    return [(box, found.get(i)) for i, box in enumerate(boxes)]


def _geometry(box: Box) -> dict[str, Any]:
    return {"type": "box", "x": box.x, "y": box.y, "width": box.width, "height": box.height}
