"""Figures of a run with their uncertainty: images are drawn again with replacement, boxes stay with their image.

Boxes of one picture rise and fall together, so an interval over boxes would be far too narrow (learning.md 4.5).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.evaluation import (
    IOU_THRESHOLDS,
    MAX_DETECTIONS,
    RECALL_POINTS,
    Category,
    CategoryTally,
    Figures,
    JudgedImage,
    evaluate,
    tally,
)

RESAMPLES = 1_000
COVERAGE = 0.95
AT_ONCE = 100


@dataclass(frozen=True)
class Interval:
    """A figure and its 95 % bootstrap interval; `low` and `high` are None below two images, where there is none."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Evaluated:
    figures: Figures
    map50: Interval
    map50_95: Interval
    ap50: Mapping[Category, Interval]
    ap50_95: Mapping[Category, Interval]
    images: int


@dataclass(frozen=True)
class Difference:
    """Of two runs on the same images, second minus first. `clear`: +1 or -1 when the interval leaves 0 out, else 0."""

    map50: Interval
    map50_95: Interval

    @property
    def clear(self) -> int:
        low, high = self.map50_95.low, self.map50_95.high
        return 0 if low is None or high is None else int(low > 0) - int(high < 0)


def evaluate_run(
    images: Sequence[JudgedImage],
    categories: Sequence[Category],
    *,
    min_confidence: float = 0.25,
    max_detections: int = MAX_DETECTIONS,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Evaluated:
    """Every figure of one run on these images, with intervals where means and categories have them.

    Give detections from about 0.001 on. The same seed draws the same images again.
    """
    figures = evaluate(images, categories, min_confidence, max_detections)
    samples = _samples([images], categories, max_detections, resamples, seed)[0]
    by_category = dict(zip(categories, np.moveaxis(samples, 1, 0), strict=True))
    return Evaluated(
        figures=figures,
        map50=_interval(figures.map50, _means(samples[:, :, :1])),
        map50_95=_interval(figures.map50_95, _means(samples)),
        ap50={c: _interval(figures.categories[c].ap50, by_category[c][:, 0]) for c in categories},
        ap50_95={c: _interval(figures.categories[c].ap50_95, _means(by_category[c])) for c in categories},
        images=len(images),
    )


def compare_runs(
    first: Sequence[JudgedImage],
    second: Sequence[JudgedImage],
    categories: Sequence[Category],
    *,
    max_detections: int = MAX_DETECTIONS,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """The same images, in the same order, judged under two runs: paired, so that hard images cancel out.

    Raises ValueError when the labels differ: the runs were then not judged by the same truth.
    """
    if [image.labels for image in first] != [image.labels for image in second]:
        raise ValueError("two runs can only be compared on the same labelled images")
    a, b = _samples([first, second], categories, max_detections, resamples, seed)
    before, after = (evaluate(run, categories, max_detections=max_detections) for run in (first, second))
    return Difference(
        map50=_interval(_minus(after.map50, before.map50), _means(b[:, :, :1]) - _means(a[:, :, :1])),
        map50_95=_interval(_minus(after.map50_95, before.map50_95), _means(b) - _means(a)),
    )


def average_precisions(tally: CategoryTally, weights: np.ndarray) -> np.ndarray:
    """float64 (b, 10): AP at every IoU threshold when image i counts `weights[:, i]` times; NaN without labels.

    `weights` int (b, images). All ones give `domain.evaluation.average_precision`.
    """
    images = np.asarray(tally.images, np.int64)
    hits = np.asarray(tally.hits, np.int64)
    totals = weights @ np.asarray(tally.labels, np.int64)
    drawn = weights[:, images]
    seen = np.cumsum(drawn, axis=1)
    result = np.zeros((len(weights), len(IOU_THRESHOLDS)))
    result[totals == 0] = np.nan
    for step in range(len(IOU_THRESHOLDS)):
        # Recall only moves, and precision only peaks, where something is hit.
        places = np.flatnonzero(hits >> step & 1)
        if not places.size:
            continue
        found = np.cumsum(drawn[:, places], axis=1)
        precision = found / np.maximum(seen[:, places], 1)
        envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        for row in np.flatnonzero(totals):
            at = np.searchsorted(found[row] / totals[row], RECALL_POINTS)
            result[row, step] = envelope[row, at[at < len(places)]].sum() / len(RECALL_POINTS)
    return result


def _samples(
    runs: Sequence[Sequence[JudgedImage]],
    categories: Sequence[Category],
    max_detections: int,
    resamples: int,
    seed: int,
) -> list[np.ndarray]:
    """Per run float (resamples, categories, 10), every run on the same drawn images."""
    tallies = [[tally(run, category, None, max_detections) for category in categories] for run in runs]
    parts: list[list[np.ndarray]] = [[] for _ in runs]
    for weights in _draws(len(runs[0]), resamples, seed):
        for part, one in zip(parts, tallies, strict=True):
            part.append(np.stack([average_precisions(category, weights) for category in one], axis=1))
    empty = np.empty((0, len(categories), len(IOU_THRESHOLDS)))
    return [np.concatenate(part) if part else empty for part in parts]


def _draws(images: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """int (<= 100, images): how often each image was drawn."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples if images > 1 else 0, AT_ONCE):
        yield generator.multinomial(images, np.full(images, 1 / images), min(AT_ONCE, resamples - start))


def _means(samples: np.ndarray) -> np.ndarray:
    """Mean over all but the first axis, NaN left out; NaN where nothing is left."""
    flat = samples.reshape(len(samples), int(np.prod(samples.shape[1:])))
    known = np.isfinite(flat)
    return np.where(known.any(1), np.where(known, flat, 0).sum(1) / np.maximum(known.sum(1), 1), np.nan)


def _interval(value: float | None, samples: np.ndarray) -> Interval:
    known = samples[np.isfinite(samples)]
    if value is None or not known.size:
        return Interval(value, None, None)
    tail = 50 * (1 - COVERAGE)
    low, high = np.percentile(known, [tail, 100 - tail])
    return Interval(value, float(low), float(high))


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b
