"""How far an average precision can be trusted: a bootstrap over pictures, on plain numbers."""

from bisect import bisect_left
from collections import Counter
from itertools import accumulate
from random import Random

from domain.evaluation import RECALL_POINTS, CategoryTally
from domain.run_metrics import Range

RESAMPLES = 200
TAILS = (0.025, 0.975)


def ap50_interval(tally: CategoryTally, resamples: int = RESAMPLES, seed: int = 0) -> Range:
    """The middle 95 % of the AP at IoU 0.5 over pictures drawn with replacement.

    The same seed draws the same places, so runs judged on the same pictures in the same order have paired intervals.
    No interval below two pictures, or where no draw holds a label.
    """
    images = len(tally.labels)
    if images < 2:
        return Range(None, None)
    # What comes after the last hit moves neither recall nor the envelope of precision.
    end = max((place for place, hits in enumerate(tally.hits, start=1) if hits & 1), default=0)
    rows = [(image, hits & 1) for image, hits in zip(tally.images[:end], tally.hits[:end], strict=True)]
    random = Random(seed)
    drawn = (Counter(random.choices(range(images), k=images)) for _ in range(resamples))
    values = sorted(ap for times in drawn if (ap := _weighted_ap50(rows, tally, times)) is not None)
    if not values:
        return Range(None, None)
    low, high = (values[round(tail * (len(values) - 1))] for tail in TAILS)
    return Range(low, high)


def _weighted_ap50(rows: list[tuple[int, int]], tally: CategoryTally, times: Counter[int]) -> float | None:
    """COCO's 101-point AP when picture i counts `times[i]` times; None where no label counts."""
    total = sum(tally.labels[image] * count for image, count in times.items())
    if total == 0:
        return None
    weights = [times[image] for image in range(len(tally.labels))]
    seen = found = 0
    recalls: list[float] = []
    precisions: list[float] = []
    for image, hit in rows:
        if weight := weights[image]:
            seen += weight
            if hit:
                found += weight
                recalls.append(found / total)
                precisions.append(found / seen)
    envelope = list(accumulate(reversed(precisions), max))[::-1]
    places = (bisect_left(recalls, point) for point in RECALL_POINTS)
    return sum(envelope[place] for place in places if place < len(envelope)) / len(RECALL_POINTS)
