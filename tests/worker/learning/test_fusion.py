"""Several opinions become one, and agreement is counted."""

import pytest

from domain.evaluation import Found
from domain.geometry import Box
from worker.fusion import agreement, agreement_over, fuse, mirrored


def found(x, confidence, category="a", size=100.0):
    return Found(category, Box(x, 0.0, size, size), confidence)


def test_two_opinions_meet_at_their_weighted_mean():
    fused = fuse([[found(0, 0.9)], [found(10, 0.6)]])
    assert len(fused) == 1
    assert fused[0].box.x == pytest.approx(10 * 0.6 / 1.5)
    assert fused[0].box.width == pytest.approx(100)
    assert fused[0].confidence == pytest.approx(0.75)


def test_a_box_that_one_of_three_sees_loses_confidence():
    fused = fuse([[found(0, 0.9)], [], []])
    assert [one.box for one in fused] == [Box(0, 0, 100, 100)]
    assert fused[0].confidence == pytest.approx(0.3)


def test_of_one_opinion_only_its_most_confident_box_counts():
    """A faint duplicate, left over by a loose suppression, drags neither the place nor the confidence."""
    fused = fuse([[found(0, 0.8), found(2, 0.1), found(4, 0.1)], [found(1, 0.8)]])
    assert len(fused) == 1
    assert fused[0].confidence == pytest.approx(0.8)
    assert fused[0].box.x == pytest.approx(0.5)


def test_opinions_can_weigh_differently():
    fused = fuse([[found(0, 0.8)], [found(10, 0.8)]], weights=[3, 1])
    assert fused[0].box.x == pytest.approx(2.5)
    assert fused[0].confidence == pytest.approx((0.8 * 3 + 0.8 * 1) / 2 * 2 / 4)


def test_categories_and_distant_boxes_stay_apart_and_faint_ones_are_skipped():
    fused = fuse([[found(0, 0.9), found(0, 0.8, "b"), found(300, 0.7)], [found(60, 0.6), found(300, 0.04)]])
    assert [(one.category, round(one.box.x)) for one in fused] == [("a", 0), ("b", 0), ("a", 300), ("a", 60)]


def test_nothing_fuses_to_nothing():
    assert fuse([]) == []
    assert fuse([[], []]) == []


def test_a_mirrored_box_comes_back():
    there = mirrored([found(30, 0.9, size=50)], image_width=640)
    assert there[0].box == Box(560, 0, 50, 50)
    assert mirrored(there, 640) == [found(30, 0.9, size=50)]


def test_agreement_is_symmetric_f1():
    a, b = [found(0, 0.9), found(300, 0.9)], [found(5, 0.8), found(700, 0.5), found(900, 0.1)]
    assert agreement(a, b) == agreement(b, a) == pytest.approx(0.5)
    assert agreement(a, a) == 1.0
    assert agreement([], []) == 1.0
    assert agreement(a, []) == 0.0
    assert agreement([found(0, 0.9)], [found(0, 0.9, "b")]) == 0.0
    assert agreement_over([(a, b), (a, a)]) == pytest.approx(6 / 8)
