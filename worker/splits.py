"""Splits of labelled images into train and validation, whole groups at a time: near-duplicates never straddle one."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from random import Random

import msgspec


class Splittable(msgspec.Struct, frozen=True):
    """An image as a split sees it: its group, and how many shapes of each class it holds."""

    key: Hashable
    group: str
    classes: dict[int, int]


def grouped_folds(images: Sequence[Splittable], folds: int, seed: int) -> list[list[int]]:
    """Indices of `images` in `folds` parts, stratified by class: greedy, the rarest class and largest group first.

    (Sechidis et al. 2011, iterative stratification, over groups.) Fewer groups than folds leave some parts empty.
    """
    if folds < 2:
        raise ValueError("a split needs at least two parts")
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for index, image in enumerate(images):
        groups[image.group].append(index)
    totals: Counter[int] = Counter()
    for image in images:
        totals.update(image.classes)
    order = list(groups.values())
    Random(seed).shuffle(order)
    order.sort(key=lambda members: (_rarity(images, members, totals), -len(members)))
    parts: list[list[int]] = [[] for _ in range(folds)]
    held: list[Counter[int]] = [Counter() for _ in range(folds)]
    for members in order:
        classes: Counter[int] = Counter()
        for index in members:
            classes.update(images[index].classes)
        best = min(range(folds), key=lambda part: (_fullness(held[part], classes, totals), len(parts[part]), part))
        parts[best] += members
        held[best].update(classes)
    return [sorted(part) for part in parts]


def grouped_split(images: Sequence[Splittable], share: float, seed: int) -> tuple[list[int], list[int]]:
    """(train, validation) indices with about `share` of the images held out, at least one of each where possible."""
    folds = max(2, round(1 / share))
    parts = [part for part in grouped_folds(images, folds, seed) if part]
    if len(parts) < 2:
        return list(range(len(images))), []
    validation = min(parts, key=lambda part: abs(len(part) - share * len(images)))
    held_out = set(validation)
    return [index for index in range(len(images)) if index not in held_out], validation


def _rarity(images: Sequence[Splittable], members: Sequence[int], totals: Counter[int]) -> int:
    present = [totals[c] for index in members for c, count in images[index].classes.items() if count]
    return min(present, default=1 << 60)


def _fullness(held: Counter[int], classes: Counter[int], totals: Counter[int]) -> float:
    """How well a part is served already with the classes of a group, each class weighing the same."""
    return sum(held[c] / totals[c] for c in classes) if classes else 0.0
