"""Intervals of an average precision: against judging the drawn pictures one by one."""

from random import Random

import pytest

from api.average_precision_interval import ap50_interval
from domain.evaluation import Found, JudgedImage, Label, average_precision, tally
from domain.geometry import Box
from domain.run_metrics import Range


def judged(random: Random, *, wrong: float) -> JudgedImage:
    """Up to three objects, each found or missed, among inventions."""
    boxes = [Box(20.0 * place, 0, 10, 10) for place in range(random.randint(0, 3))]
    found = [Found("a", box, random.random()) for box in boxes if random.random() > wrong]
    ghosts = [Found("a", Box(20.0 * n, 50, 10, 10), random.random()) for n in range(2) if random.random() < wrong]
    return JudgedImage([Label("a", box) for box in boxes], found + ghosts)


@pytest.mark.parametrize("seed", range(5))
def test_an_interval_is_that_of_the_drawn_pictures_judged_anew(seed: int) -> None:
    random = Random(seed)
    images = [judged(random, wrong=0.3) for _ in range(12)]
    draws = Random(seed)
    samples = []
    for _ in range(41):
        places = draws.choices(range(len(images)), k=len(images))
        samples.append(average_precision(tally([images[place] for place in places], "a"), 0))
    ordered = sorted(sample for sample in samples if sample is not None)
    assert len(ordered) == 41
    interval = ap50_interval(tally(images, "a"), resamples=41, seed=seed)
    assert (interval.low, interval.high) == (pytest.approx(ordered[1]), pytest.approx(ordered[39]))


def test_an_interval_holds_the_figure_and_narrows_with_pictures() -> None:
    few = [judged(Random(n), wrong=0.3) for n in range(20)]
    widths = []
    for images in (few, few * 9):
        counted = tally(images, "a")
        value, interval = average_precision(counted, 0), ap50_interval(counted)
        assert value is not None
        assert interval.low is not None
        assert interval.high is not None
        assert interval.low < value < interval.high
        widths.append(interval.high - interval.low)
    assert widths[1] < widths[0] / 2


def test_one_picture_and_nothing_labelled_have_no_interval() -> None:
    nothing = Range(None, None)
    assert ap50_interval(tally([judged(Random(1), wrong=0)], "a")) == nothing
    assert ap50_interval(tally([JudgedImage([], [])] * 5, "a")) == nothing


def test_nothing_found_is_surely_zero() -> None:
    missed = JudgedImage([Label("a", Box(0, 0, 10, 10))], [])
    assert ap50_interval(tally([missed] * 3, "a")) == Range(0, 0)
