"""F scores, the conformal bound on misses, and probabilities that mean what they say."""

import msgspec
import numpy as np
import pytest
from sklearn.metrics import fbeta_score

from domain.evaluation import Found, JudgedImage, Label
from domain.geometry import Box
from tests.worker.learning.test_promise import boxes_of
from worker.calibrate import Calibration, calibrate, f_beta_thresholds, miss_bound
from worker.calibrate.probability import expected_calibration_error, fit_calibration


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_the_best_f_is_that_of_a_full_search(beta):
    generator = np.random.default_rng(0)
    confidences = np.round(generator.uniform(0, 1, 200), 2)
    correct = generator.uniform(size=200) < confidences
    missed = 15
    best = f_beta_thresholds(boxes_of(confidences, correct), {"cell": int(correct.sum()) + missed}, beta)["cell"]
    truth = np.concatenate([correct, np.ones(missed, bool)])
    scores = {
        t: fbeta_score(truth, np.concatenate([confidences >= t, np.zeros(missed, bool)]), beta=beta)
        for t in np.unique(confidences)
    }
    assert best is not None
    assert best.f_beta == pytest.approx(max(scores.values()))
    assert scores[best.threshold] == pytest.approx(best.f_beta)


def test_no_label_or_no_box_has_no_best_f():
    assert f_beta_thresholds(boxes_of([0.5], [True]), {"cell": 0, "other": 3}) == {"cell": None, "other": None}


def image_with(hit_confidences, missed=0) -> JudgedImage:
    """Labels of which some are hit by a box of that confidence and the others by none."""
    count = len(hit_confidences) + missed
    labels = [Label("a", Box(20.0 * i, 0, 10, 10)) for i in range(count)]
    return JudgedImage(labels, [Found("a", Box(20.0 * i, 0, 10, 10), c) for i, c in enumerate(hit_confidences)])


def test_a_bound_on_misses_needs_enough_random_images():
    few = miss_bound([image_with([0.9, 0.8])] * 8, alpha=0.1)
    assert few.threshold is None
    assert few.more_images == 1
    enough = miss_bound([image_with([0.9, 0.8])] * 9, alpha=0.1)
    assert enough.threshold == 0.8
    assert miss_bound([image_with([0.9])] * 18, alpha=0.05).more_images == 1
    assert miss_bound([image_with([0.9])] * 19, alpha=0.05).threshold == 0.9


def test_the_bound_counts_one_imagined_image_that_misses_everything():
    """Two of twenty missed is a share of 0.1, but (20 * 0.1 + 1) / 21 is more than that."""
    images = [image_with([0.9])] * 18 + [image_with([0.3])] * 2
    assert miss_bound(images, alpha=0.1).threshold == 0.3
    assert miss_bound([*images[1:], image_with([0.9])], alpha=0.15).threshold == 0.9


def test_a_model_that_misses_too_much_says_how_much():
    bound = miss_bound([image_with([0.9, 0.9, 0.9], missed=1)] * 40, alpha=0.1)
    assert bound.threshold is None
    assert bound.more_images is None
    assert bound.missed == pytest.approx(0.25)


def test_empty_images_miss_nothing_and_categories_are_counted_apart():
    images = [image_with([0.9, 0.2])] * 10 + [JudgedImage([], [])] * 30
    assert miss_bound(images, alpha=0.2).threshold == 0.9
    assert miss_bound(images, alpha=0.2, category="b").missed == 0.0


def test_the_bound_on_misses_holds_on_fresh_images():
    """500 audit sets of 40 drawn images each; the mean miss rate of fresh images at the threshold stays below alpha."""
    generator = np.random.default_rng(0)

    def draw():
        quality = generator.beta(5, 1.5)
        hits = generator.beta(4 * quality, 1.2, int(generator.integers(1, 12)))
        return np.where(generator.uniform(size=len(hits)) < 0.97, hits, -1.0)

    fresh = [draw() for _ in range(4_000)]
    risks = []
    for _ in range(300):
        audit = [image_with([c for c in hits if c > 0], int((hits < 0).sum())) for hits in (draw() for _ in range(40))]
        threshold = miss_bound(audit, alpha=0.15).threshold
        if threshold is not None:
            risks.append(np.mean([(hits < threshold).mean() for hits in fresh[:400]]))
    assert len(risks) > 250
    assert np.mean(risks) <= 0.15 + 0.01
    assert np.mean(risks) > 0.08  # and it is no empty promise


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_an_impossible_alpha_is_refused(alpha):
    with pytest.raises(ValueError, match="between 0 and 1"):
        miss_bound([], alpha)


def drawn(count, power, seed=0):
    generator = np.random.default_rng(seed)
    confidences = generator.uniform(0, 1, count)
    return boxes_of(confidences, generator.uniform(size=count) < confidences**power, per_image=4)


def test_isotonic_regression_repairs_an_overconfident_model():
    calibration = fit_calibration(drawn(3_000, power=3))
    assert calibration.method == "isotonic"
    assert calibration.raw_ece is not None
    assert calibration.ece is not None
    assert calibration.raw_ece > 0.2
    assert calibration.ece < 0.05
    steps = np.linspace(0.05, 0.95, 19)
    np.testing.assert_allclose(calibration.probability(steps), steps**3, atol=0.12)
    assert (np.diff(calibration.probability(np.linspace(0, 1, 101))) >= 0).all()


def test_few_boxes_fall_back_to_platt_and_fewer_to_the_rate():
    middle = fit_calibration(drawn(60, power=2))
    assert middle.method == "platt"
    assert (np.diff(middle.probabilities) > 0).all()
    few = fit_calibration(boxes_of([0.9, 0.8, 0.7], [True, True, True]))
    assert few.method == "rate"
    np.testing.assert_allclose(few.probability(np.array([0.1, 0.99])), 4 / 5)
    assert fit_calibration(boxes_of([], [])).probability(np.array([0.5])) == 0.5
    falling = fit_calibration(boxes_of(np.linspace(0, 1, 40), np.linspace(0, 1, 40) < 0.5))
    assert falling.method == "rate"


def test_no_probability_is_ever_certain():
    values = fit_calibration(drawn(500, power=1)).probabilities
    assert min(values) > 0
    assert max(values) < 1


def test_a_calibration_survives_json():
    calibration = calibrate(drawn(400, power=2), ["cell", "other"])["cell"]
    again = msgspec.json.decode(msgspec.json.encode(calibration), type=Calibration)
    assert again == calibration


def test_expected_calibration_error_by_hand():
    assert expected_calibration_error(np.array([0.9, 0.9, 0.2]), np.array([True, False, False])) == pytest.approx(
        (abs(1.8 - 1) + abs(0.2 - 0)) / 3
    )
