"""What people keep is learned from what they kept: boxes at the picture's edge, and of unusual size."""

import numpy as np

from domain.evaluation import Found, JudgedImage, Label
from domain.geometry import Box
from worker.calibrate import accept_promises, checked_boxes
from worker.calibrate.acceptance import LEAST_CONFIDENCE, SizedImage, cross_fitted, fit_acceptance, rescored
from worker.calibrate.probability import expected_calibration_error

WIDTH, HEIGHT = 320, 240


def picture(seed: int) -> SizedImage:
    """Eight labelled cells that the run finds, and, found alike but not labelled, five at the edge and four specks."""
    generator = np.random.default_rng(seed)
    labels, found = [], []
    for place in range(8):
        box = Box(20.0 + 36 * place, 60.0 + 10 * (place % 3), 30, 30)
        labels.append(Label("cell", box))
        found.append(Found("cell", box, float(generator.uniform(0.35, 0.95))))
    for place in range(5):
        found.append(Found("cell", Box(36.0 * place, 0, 30, 24), float(generator.uniform(0.3, 0.9))))
    for place in range(4):
        found.append(Found("cell", Box(20.0 + 40 * place, 180, 9, 9), float(generator.uniform(0.3, 0.8))))
    return SizedImage(JudgedImage(labels, found), WIDTH, HEIGHT)


def test_what_the_edge_cuts_and_specks_lose_their_confidence_and_cells_keep_theirs():
    acceptances = fit_acceptance([picture(seed) for seed in range(20)], ["cell"])
    fresh = picture(99).judged
    better = rescored(fresh.found, WIDTH, HEIGHT, acceptances)
    assert [one.box for one in better] == [one.box for one in fresh.found]
    assert min(one.confidence for one in better[:8]) > 0.8
    assert max(one.confidence for one in better[8:]) < 0.2


def test_boxes_and_labels_without_any_width_are_no_reason_to_fail():
    images = []
    for seed in range(20):
        one = picture(seed).judged
        thin = [Found("cell", Box(WIDTH, 40.0 + place, 0, 12), 0.5) for place in range(2)]
        judged = JudgedImage([*one.labels, Label("cell", Box(50, 50, 0, 0))], [*one.found, *thin])
        images.append(SizedImage(judged, WIDTH, HEIGHT))
    judged, acceptances = cross_fitted(images, ["cell"])
    assert set(acceptances) == {"cell"}
    assert all(0 <= one.confidence <= 1 for image in judged for one in image.found)


def test_a_category_of_labels_without_any_width_has_a_size_all_the_same():
    labels = [Label("speck", Box(50, 50, 0, 0))]
    images = [
        SizedImage(
            JudgedImage(labels, [Found("speck", Box(50, 50, 0, 0), 0.5), Found("speck", Box(9, 9, 4, 4), 0.4)]),
            WIDTH,
            HEIGHT,
        )
        for _ in range(20)
    ]
    judged, _ = cross_fitted(images, ["speck"])
    assert all(0 <= one.confidence <= 1 for image in judged for one in image.found)


def test_more_can_be_promised_of_rescored_boxes():
    images = [picture(seed) for seed in range(20)]
    judged, acceptances = cross_fitted(images, ["cell"])
    assert set(acceptances) == {"cell"}
    before = accept_promises(checked_boxes([image.judged for image in images]), ["cell"])["cell"]
    after = accept_promises(checked_boxes(judged), ["cell"])["cell"]
    assert before.threshold is None or before.checked < 80
    assert after.threshold is not None
    assert after.checked >= 150
    boxes = checked_boxes(judged)
    assert expected_calibration_error(boxes.confidences, boxes.correct) < 0.05


def test_a_picture_is_rescored_by_models_that_did_not_learn_from_it():
    """Labels drawn by lot can be learned by heart, but not foretold: an honest probability stays near the rate."""
    generator = np.random.default_rng(3)
    images = []
    for _ in range(30):
        boxes = [Box(*generator.uniform(20, 150, 2), *generator.uniform(20, 60, 2)) for _ in range(6)]
        labels = [Label("cell", box) for box in boxes if generator.uniform() < 0.5]
        images.append(SizedImage(JudgedImage(labels, [Found("cell", b, 0.5) for b in boxes]), WIDTH, HEIGHT))
    judged, _ = cross_fitted(images, ["cell"])
    boxes = checked_boxes(judged)
    assert expected_calibration_error(boxes.confidences, boxes.correct) < 0.15


def test_too_little_to_learn_from_leaves_the_confidence_alone():
    enough = [picture(seed) for seed in range(20)]
    unsized = [SizedImage(image.judged, 0, 0) for image in enough]
    flawless = [SizedImage(JudgedImage(i.judged.labels, i.judged.found[:8]), WIDTH, HEIGHT) for i in enough]
    for images in (enough[:9], unsized, flawless, []):
        judged, acceptances = cross_fitted(images, ["cell", "never seen"])
        assert acceptances == {}
        assert [one.found for one in judged] == [one.judged.found for one in images]
    noise = Found("cell", Box(1, 1, 5, 5), LEAST_CONFIDENCE / 2)
    assert rescored([noise], WIDTH, HEIGHT, {}) == []
