"""The picture with the most expected corrections per second comes first."""

import numpy as np
import pytest

from domain.evaluation import Found, JudgedImage, Label
from domain.geometry import Box
from tests.worker.learning.pools import clumps, pool_of
from tests.worker.learning.test_acquire_scores import boxes
from worker.calibrate import Calibration
from worker.review_order import location_error_rates, probably_missed, review_order, size_bucket

HONEST = {"a": Calibration("isotonic", (0.0, 1.0), (0.0, 1.0), 100, 0.0, 0.0)}
FROM = {"a": 0.5}
PLACED = {("a", bucket): 0.0 for bucket in ("small", "medium", "large")}


def found(*confidences, size=40.0):
    return [Found("a", Box(50.0 * i, 0, size, size), c) for i, c in enumerate(confidences)]


def order(*images, **more):
    return review_order(images, FROM, HONEST, PLACED, **more)


def test_doubtful_boxes_come_before_sure_ones():
    queue = order(found(0.99, 0.98), found(0.55, 0.6), found(0.8, 0.9))
    assert [item.image for item in queue] == [1, 2, 0]
    assert queue[0].corrections == pytest.approx(0.45 + 0.4)
    assert queue[0].seconds == pytest.approx(2.0 + 2 * 0.3)


def test_hidden_boxes_are_expected_misses():
    queue = order(found(0.95), found(0.95, 0.45, 0.45))
    assert [item.image for item in queue] == [1, 0]
    assert queue[0].corrections == pytest.approx(0.05 + 0.9)
    assert "0.9 missing" in queue[0].reason


def test_a_crowd_of_sure_boxes_costs_seconds():
    queue = order(found(*[0.97] * 40), found(0.5, 0.97))
    assert [item.image for item in queue] == [1, 0]


def test_disagreeing_opinions_raise_a_picture():
    queue = order(found(0.8), found(0.8), agreements=[1.0, 0.2])
    assert [item.image for item in queue] == [1, 0]
    assert queue[0].corrections == pytest.approx(0.2 * 1.8)
    assert "agrees only 20%" in queue[0].reason


def test_equal_pictures_keep_their_order_and_empty_ones_come_last():
    assert [item.image for item in order([], found(0.9), found(0.9))] == [1, 2, 0]


def test_location_errors_are_learned_by_category_and_size():
    def image(shift, size):
        return JudgedImage([Label("a", Box(0, 0, size, size))], [Found("a", Box(shift * size, 0, size, size), 0.9)])

    rates = location_error_rates([image(0.2, 20)] * 60 + [image(0.01, 200)] * 60)
    assert rates["a", "small"] > 0.8
    assert rates["a", "large"] < 0.15
    assert rates["a", "large"] < rates["a", "medium"] < rates["a", "small"]
    queue = review_order([found(0.9, size=20), found(0.9, size=200)], FROM, HONEST, rates)
    assert [item.image for item in queue] == [0, 1]


def test_an_unknown_category_is_an_error_and_not_a_guess():
    with pytest.raises(KeyError):
        review_order([[Found("b", Box(0, 0, 9, 9), 0.5)]], FROM, HONEST)


def test_empty_pictures_among_full_ones_are_probably_missed():
    vectors = clumps(40, clusters=2, spread=0.1)
    filled = np.array([row if row % 2 == 0 else 0 for row in range(20)])
    given = boxes((22, 0.5), predicted=40)
    queue = probably_missed(pool_of(vectors, range(20), predictions=given, labelled_boxes=filled))
    assert {row for row, _ in queue} == {20, *range(24, 40, 2)}
    expected = [count for _, count in queue]
    assert expected == sorted(expected, reverse=True)
    assert expected[0] > 0
    assert probably_missed(pool_of(vectors, predictions=given, labelled_boxes=np.empty(0))) == []


def test_sizes_are_those_of_coco():
    assert [size_bucket(Box(0, 0, s, s)) for s in (31, 33, 95, 97, 10**6)] == [
        "small",
        "medium",
        "medium",
        "large",
        "large",
    ]
