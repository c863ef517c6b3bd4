"""Matching detections with labels, and average precision as COCO defines it, on plain numbers.

Greedy and category by category: the most confident detection first takes the free label that it overlaps most.
pycocotools is the oracle in the tests; this is a part of the domain because audit figures decide what the loop does.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec

from domain.geometry import Box, intersection_over_union

IOU_THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
RECALL_POINTS = tuple(0.01 * point for point in range(101))
MAX_DETECTIONS = 100
"""Per image and category, as in COCO."""
SIZE_BUCKETS = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""Box area in px² of the original picture, COCO's limits, both ends included."""
BACKGROUND = "background"

Category = Any
"""Anything hashable: an id in the platform, a name in tests. Mappings are invariant in their key, so not Hashable."""


class Label(msgspec.Struct, frozen=True):
    """A true object."""

    category: Category
    box: Box


class Found(msgspec.Struct, frozen=True):
    """A detection."""

    category: Category
    box: Box
    confidence: float


class JudgedImage(msgspec.Struct, frozen=True):
    """One picture: what is on it, and what the run found. Both may be empty."""

    labels: Sequence[Label]
    found: Sequence[Found]


class Match(msgspec.Struct, frozen=True):
    """Places in `JudgedImage.found` and `.labels`; label None means a false positive."""

    found: int
    label: int | None
    iou: float


class CategoryTally(msgspec.Struct, frozen=True):
    """Every detection of one category over all images, the most confident first, and which of them hit.

    `hits[i]` has bit t set when detection i is a true positive at IOU_THRESHOLDS[t]; `ignored[i]` likewise for those
    that do not count there (another size bucket). `images[i]` is its image; `labels[j]` counts image j's labels.
    """

    confidences: Sequence[float]
    images: Sequence[int]
    hits: Sequence[int]
    ignored: Sequence[int]
    labels: Sequence[int]


class CategoryFigures(msgspec.Struct, frozen=True):
    """None where there is nothing to divide by. Precision and recall are at `min_confidence` and IoU 0.5."""

    ap50: float | None
    ap50_95: float | None
    precision: float | None
    recall: float | None
    labels: int
    found: int


class Figures(msgspec.Struct, frozen=True):
    """`sizes`: (map50, map50_95, labels) by bucket. `confusion[true][predicted]` counts boxes; BACKGROUND is a miss
    as predicted, a false positive as true."""

    map50: float | None
    map50_95: float | None
    categories: Mapping[Category, CategoryFigures]
    sizes: Mapping[str, tuple[float | None, float | None, int]]
    confusion: Mapping[Category, Mapping[Category, int]]


def matches(image: JudgedImage, iou: float = 0.5, min_confidence: float = 0.0) -> list[Match]:
    """One Match per detection from `min_confidence` on, the most confident first, within its category."""
    order = [i for i in _by_confidence(image.found) if image.found[i].confidence >= min_confidence]
    free = set(range(len(image.labels)))
    result: list[Match] = []
    for place in order:
        found = image.found[place]
        label, overlap = _best(found, image.labels, free, iou, same_category=True)
        free.discard(-1 if label is None else label)
        result.append(Match(place, label, overlap))
    return result


def confused(image: JudgedImage, iou: float = 0.5, min_confidence: float = 0.25) -> list[tuple[Category, Category]]:
    """(true, predicted) pairs of one image: hits, then swaps between what is left over, then misses and inventions."""
    same = matches(image, iou, min_confidence)
    pairs = [(image.labels[m.label].category, image.found[m.found].category) for m in same if m.label is not None]
    free = set(range(len(image.labels))) - {m.label for m in same}
    for match in same:
        if match.label is None:
            found = image.found[match.found]
            label, _ = _best(found, image.labels, free, iou, same_category=False)
            free.discard(-1 if label is None else label)
            pairs.append((BACKGROUND if label is None else image.labels[label].category, found.category))
    return pairs + [(image.labels[label].category, BACKGROUND) for label in sorted(free)]


def tally(
    images: Sequence[JudgedImage],
    category: Category,
    area_px2: tuple[float, float] | None = None,
    max_detections: int = MAX_DETECTIONS,
) -> CategoryTally:
    """COCO's bookkeeping for one category; `area_px2` limits which labels count (and which misses of it)."""
    rows: list[tuple[float, int, int, int]] = []
    counts: list[int] = []
    for place, image in enumerate(images):
        labels = [label.box for label in image.labels if label.category == category]
        outside = [area_px2 is not None and not _within(box, area_px2) for box in labels]
        counts.append(outside.count(False))
        found = [f for f in image.found if f.category == category]
        found = [found[i] for i in _by_confidence(found)][:max_detections]
        rows += [
            (f.confidence, place, hit, skip)
            for f, (hit, skip) in zip(found, _judge(found, labels, outside, area_px2), strict=True)
        ]
    rows.sort(key=lambda row: -row[0])
    return CategoryTally(
        [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], [row[3] for row in rows], counts
    )


def average_precision(tally: CategoryTally, threshold: int) -> float | None:
    """COCO's 101-point AP at IOU_THRESHOLDS[threshold]; None where no label counts."""
    total = sum(tally.labels)
    if total == 0:
        return None
    bit = 1 << threshold
    counted = [hits & bit for hits, skip in zip(tally.hits, tally.ignored, strict=True) if not skip & bit]
    hit = list(accumulate(1 if hits else 0 for hits in counted))
    recalls = [count / total for count in hit]
    precisions = [count / seen for seen, count in enumerate(hit, start=1)]
    envelope = list(accumulate(reversed(precisions), max))[::-1]
    places = (bisect_left(recalls, point) for point in RECALL_POINTS)
    return sum(envelope[place] for place in places if place < len(envelope)) / len(RECALL_POINTS)


def evaluate(
    images: Sequence[JudgedImage],
    categories: Sequence[Category],
    min_confidence: float = 0.25,
    max_detections: int = MAX_DETECTIONS,
) -> Figures:
    """Every figure of one run on these images. AP uses all detections, so give those from about 0.001 on.

    A category without labels has no AP and takes no part in the means, as in COCO.
    """
    tallies = {category: tally(images, category, None, max_detections) for category in categories}
    confusion: dict[Category, dict[Category, int]] = defaultdict(lambda: defaultdict(int))
    for image in images:
        for true, predicted in confused(image, 0.5, min_confidence):
            confusion[true][predicted] += 1
    sizes: dict[str, tuple[float | None, float | None, int]] = {}
    for name, area_px2 in SIZE_BUCKETS.items():
        parts = [tally(images, category, area_px2, max_detections) for category in categories]
        sizes[name] = (_mean_ap50(parts), _mean_ap50_95(parts), sum(sum(part.labels) for part in parts))
    return Figures(
        map50=_mean_ap50(list(tallies.values())),
        map50_95=_mean_ap50_95(list(tallies.values())),
        categories={category: _figures(one, min_confidence) for category, one in tallies.items()},
        sizes=sizes,
        confusion={true: dict(row) for true, row in confusion.items()},
    )


def _figures(tally: CategoryTally, min_confidence: float) -> CategoryFigures:
    shown = [hits & 1 for c, hits in zip(tally.confidences, tally.hits, strict=True) if c >= min_confidence]
    labels = sum(tally.labels)
    return CategoryFigures(
        ap50=average_precision(tally, 0),
        ap50_95=_mean_ap50_95([tally]),
        precision=sum(shown) / len(shown) if shown else None,
        recall=sum(shown) / labels if labels else None,
        labels=labels,
        found=len(shown),
    )


def _mean_ap50(tallies: Sequence[CategoryTally]) -> float | None:
    return _mean([average_precision(one, 0) for one in tallies])


def _mean_ap50_95(tallies: Sequence[CategoryTally]) -> float | None:
    return _mean([average_precision(one, step) for one in tallies for step in range(len(IOU_THRESHOLDS))])


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _judge(
    found: Sequence[Found], labels: Sequence[Box], outside: Sequence[bool], area_px2: tuple[float, float] | None
) -> list[tuple[int, int]]:
    """(hits, ignored) bits per detection. A label outside the size bucket is taken only when no other is, and then
    neither helps nor harms; so does a free detection outside it."""
    order = sorted(range(len(labels)), key=outside.__getitem__)
    overlaps = [[(label, intersection_over_union(f.box, labels[label])) for label in order] for f in found]
    overlaps = [[(label, iou) for label, iou in near if iou >= IOU_THRESHOLDS[0]] for near in overlaps]
    strange = [area_px2 is not None and not _within(f.box, area_px2) for f in found]
    hits, ignored = [0] * len(found), [0] * len(found)
    for step, threshold in enumerate(IOU_THRESHOLDS):
        taken: set[int] = set()
        for place, near in enumerate(overlaps):
            best, bar = None, threshold
            for label, iou in near:
                if label in taken or iou < bar:
                    continue
                if best is not None and outside[label] and not outside[best]:
                    break
                best, bar = label, iou
            if best is None:
                ignored[place] |= strange[place] << step
            else:
                taken.add(best)
                ignored[place] |= outside[best] << step
                hits[place] |= (not outside[best]) << step
    return list(zip(hits, ignored, strict=True))


def _best(
    found: Found, labels: Sequence[Label], free: set[int], iou: float, *, same_category: bool
) -> tuple[int | None, float]:
    best, overlap = None, iou
    for place in sorted(free):
        if (labels[place].category == found.category) is same_category:
            here = intersection_over_union(found.box, labels[place].box)
            if here >= overlap:
                best, overlap = place, here
    return best, overlap if best is not None else 0.0


def _by_confidence(found: Sequence[Found]) -> list[int]:
    """Places, the most confident first; equal ones in the order given."""
    return sorted(range(len(found)), key=lambda place: -found[place].confidence)


def _within(box: Box, area_px2: tuple[float, float]) -> bool:
    return area_px2[0] <= box.width * box.height <= area_px2[1]
