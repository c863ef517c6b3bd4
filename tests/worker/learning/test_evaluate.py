"""Intervals around average precision: right in the limit, honest about few images."""

import numpy as np
import pytest

from domain.evaluation import IOU_THRESHOLDS, Found, JudgedImage, Label, average_precision, tally
from domain.geometry import Box
from worker.evaluate import average_precisions, compare_runs, evaluate_run


def drawn_run(images: int, recall: float, seed: int = 0, labels_seed: int = 1) -> list[JudgedImage]:
    """Labels are fixed by `labels_seed`; the run finds each with probability `recall`, a little beside it."""
    truth, run = np.random.default_rng(labels_seed), np.random.default_rng(seed)
    result = []
    for _ in range(images):
        places = truth.uniform(0, 500, (int(truth.integers(1, 9)), 2))
        labels = [Label(int(truth.integers(2)), Box(float(x), float(y), 40, 40)) for x, y in places]
        found = [
            Found(one.category, Box(one.box.x + float(run.normal(0, 3)), one.box.y, 40, 40), float(run.uniform(0.3, 1)))
            for one in labels
            if run.uniform() < recall
        ]
        found += [Found(int(run.integers(2)), Box(float(run.uniform(0, 500)), 600, 40, 40), float(run.uniform(0, 0.8)))]
        result.append(JudgedImage(labels, found))
    return result


def test_one_weight_each_is_the_plain_average_precision():
    images = drawn_run(30, 0.8)
    one = tally(images, 0)
    expected = np.array([average_precision(one, step) for step in range(len(IOU_THRESHOLDS))], float)
    np.testing.assert_allclose(average_precisions(one, np.ones((1, 30), np.int64))[0], expected, atol=1e-12)


def test_a_weight_of_two_is_the_image_twice_and_zero_is_its_absence():
    images = drawn_run(12, 0.7)
    generator = np.random.default_rng(0)
    for _ in range(20):
        weights = generator.integers(0, 3, 12)
        repeated = [image for image, times in zip(images, weights, strict=True) for _ in range(times)]
        one = tally(repeated, 1)
        expected = [average_precision(one, step) for step in range(len(IOU_THRESHOLDS))]
        got = average_precisions(tally(images, 1), weights[None])[0]
        # Equal confidences of a repeated image may change places, which moves a precision only inside the tie.
        np.testing.assert_allclose(got, np.array(expected, float), atol=0.03)


def test_a_draw_without_labels_has_no_figure():
    images = [JudgedImage([Label("rare", Box(0, 0, 9, 9))], [Found("rare", Box(0, 0, 9, 9), 0.9)]), JudgedImage([], [])]
    drawn = average_precisions(tally(images, "rare"), np.array([[1, 1], [0, 2]]))
    np.testing.assert_allclose(drawn[0], 1.0)
    assert np.isnan(drawn[1]).all()
    assert evaluate_run(images, ["rare"], resamples=50).map50.low == 1.0


def test_intervals_hold_the_value_and_narrow_with_images():
    few, many = (evaluate_run(drawn_run(n, 0.8), [0, 1], resamples=300) for n in (12, 200))
    for one in (few, many):
        for interval in (one.map50, one.map50_95, one.ap50[0], one.ap50_95[1]):
            assert interval.value is not None
            assert interval.low is not None
            assert interval.high is not None
            assert interval.low <= interval.value <= interval.high
    assert width(many.map50) < 0.5 * width(few.map50)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """The truth is the mean over many large draws; 40 draws of 40 images must rarely miss it."""
    truth = float(
        np.mean([value(evaluate_run(drawn_run(400, 0.8, s, s), [0, 1], resamples=1).map50) for s in range(3)])
    )
    covered = 0
    for seed in range(40):
        interval = evaluate_run(drawn_run(40, 0.8, seed + 100, seed + 100), [0, 1], resamples=200).map50
        assert interval.low is not None
        assert interval.high is not None
        covered += interval.low <= truth <= interval.high
    assert covered >= 32


def test_a_better_run_is_clearly_better_and_two_equal_ones_are_not():
    weak, strong, other = (drawn_run(80, recall, seed) for recall, seed in ((0.6, 1), (0.9, 2), (0.6, 3)))
    better = compare_runs(weak, strong, [0, 1], resamples=300)
    assert better.clear == 1
    assert value(better.map50) > 0.15
    assert compare_runs(strong, weak, [0, 1], resamples=300).clear == -1
    assert compare_runs(weak, other, [0, 1], resamples=300).clear == 0
    assert compare_runs(weak, weak, [0, 1], resamples=50).map50_95.value == 0


def test_runs_on_other_labels_are_not_compared():
    with pytest.raises(ValueError, match="same labelled images"):
        compare_runs(drawn_run(5, 1, labels_seed=1), drawn_run(5, 1, labels_seed=2), [0])


def test_one_image_has_figures_but_no_interval():
    one = evaluate_run(drawn_run(1, 1.0), [0, 1])
    assert one.map50.value is not None
    assert one.map50.low is None
    assert evaluate_run([], [0]).map50.value is None


def test_the_same_seed_gives_the_same_interval():
    assert evaluate_run(drawn_run(20, 0.7), [0, 1], resamples=50) == evaluate_run(
        drawn_run(20, 0.7), [0, 1], resamples=50
    )


def value(interval):
    assert interval.value is not None
    return interval.value


def width(interval):
    assert interval.low is not None
    assert interval.high is not None
    return interval.high - interval.low
