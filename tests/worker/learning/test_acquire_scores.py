"""The numbers behind `typical`, `herding` and `uncertainty`, against scikit-activeml and against hand counts."""

from importlib import import_module

import numpy as np
import pytest
from skactiveml.pool import MaxHerding, TypiClust
from skactiveml.utils import MISSING_LABEL

from domain.errors import InvalidInput
from tests.worker.learning.pools import clumps, pool_of, unit
from worker.acquire import Predictions, acquire
from worker.acquire.coverage import lazy_cover, rbf_kernel
from worker.acquire.typical import typicality_of
from worker.acquire.uncertainty import (
    box_uncertainty,
    category_weights,
    image_uncertainty,
    probable_misses,
    uncertainty,
)


def rows_of(picks):
    return [pick.index for pick in picks]


def labels_at(count, labelled):
    y = np.full(count, MISSING_LABEL)
    y[list(labelled)] = 0
    return y


@pytest.mark.parametrize("labelled", [(), (0, 5, 17)])
def test_herding_agrees_with_scikit_activeml(labelled):
    vectors = clumps(300, spread=1.0)
    theirs = MaxHerding(metric_dict={"gamma": 1.0}, random_state=0)
    expected = theirs.query(vectors.astype(np.float64), labels_at(300, labelled), batch_size=12)
    assert rows_of(acquire("herding", pool_of(vectors, labelled), 12, seed=0)) == list(expected)


def test_typical_agrees_with_scikit_activeml():
    """In equal, well separated clumps both find the same clusters; 24 members each, so 12 neighbours."""
    vectors = clumps(288, clusters=12, spread=0.3)
    labelled = (0, 1, 2)
    theirs = TypiClust(k=12, random_state=0)
    expected = theirs.query(vectors.astype(np.float64), labels_at(288, labelled), batch_size=9)
    ours = rows_of(acquire("typical", pool_of(vectors, labelled), 9, seed=0))
    assert set(ours) == set(expected)


def test_typicality_is_one_over_the_mean_distance_to_the_neighbours():
    vectors = unit(np.array([[1, 0], [1, 0.1], [1, -0.1], [0, 1]]))
    distances = np.sort(np.linalg.norm(vectors[:, None] - vectors[None], axis=2), axis=1)
    np.testing.assert_allclose(typicality_of(vectors), 1 / distances[:, 1:3].mean(axis=1), rtol=1e-4)
    assert typicality_of(vectors[:1]).tolist() == [1.0]


def test_typical_leaves_a_lone_outlier_alone_and_a_large_cluster_is_sampled(monkeypatch):
    vectors = np.concatenate([clumps(90, clusters=3, spread=0.1), -clumps(1, clusters=1, seed=9)])
    assert 90 not in rows_of(acquire("typical", pool_of(vectors), 4, seed=0))
    monkeypatch.setattr(import_module("worker.acquire.typical"), "MEMBERS_AT_MOST", 10)
    assert len(set(rows_of(acquire("typical", pool_of(vectors), 6, seed=0)))) == 6


def test_lazy_greedy_equals_plain_greedy():
    vectors = clumps(120, spread=1.5)
    kernel = rbf_kernel(vectors, vectors, 0.7)
    weights = np.random.default_rng(0).uniform(0, 1, 120).astype(np.float32)
    covered = kernel[:3].max(axis=0)
    expected, now = [], covered.copy()
    for _ in range(15):
        gains = np.maximum(kernel - now, 0) @ weights
        expected.append(int(gains.argmax()))
        now = np.maximum(now, kernel[expected[-1]])
    assert [position for position, _ in lazy_cover(kernel, 15, weights, covered)] == expected


def boxes(*entries: tuple[int, float], predicted: int, scores=None) -> Predictions:
    rows, confidences = zip(*entries, strict=True) if entries else ((), ())
    return Predictions(
        np.array(rows, np.int64),
        np.array(confidences, np.float32),
        np.zeros(len(rows), np.int64),
        np.arange(predicted),
        ("cell",),
        scores,
    )


def test_box_uncertainty_by_hand():
    given = boxes((0, 0.5), (0, 0.9), predicted=1)
    np.testing.assert_allclose(box_uncertainty(given, "entropy"), [1.0, 0.468996], rtol=1e-5)
    np.testing.assert_allclose(box_uncertainty(given, "least_confidence"), [0.5, 0.1], rtol=1e-5)
    np.testing.assert_allclose(box_uncertainty(given, "margin"), [1.0, 0.2], rtol=1e-5)
    told = boxes((0, 0.5), (0, 0.9), predicted=1, scores=np.array([[0.5, 0.4], [0.9, 0.1]], np.float32))
    np.testing.assert_allclose(box_uncertainty(told, "margin"), [0.9, 0.2], rtol=1e-5)


def test_image_aggregation_by_hand():
    given = boxes((0, 0.5), (0, 0.5), (1, 0.5), (3, 0.04), predicted=4)
    assert image_uncertainty(given, 5, "entropy", "sum").tolist()[:4] == [2, 1, 0, 0]
    assert image_uncertainty(given, 5, "entropy", "mean").tolist()[:4] == [1, 1, 0, 0]
    assert image_uncertainty(given, 5, "entropy", "max").tolist()[:4] == [1, 1, 0, 0]
    per_second = image_uncertainty(given, 5, "entropy", "per_second")
    np.testing.assert_allclose(per_second[:2], [2 / (4 + 7 * 1.0), 1 / (4 + 7 * 0.5)], rtol=1e-6)
    assert np.isnan(per_second[4])


def test_a_crowd_of_easy_boxes_does_not_beat_a_hard_one_per_second():
    crowd = [(0, 0.97)] * 40
    given = boxes(*crowd, (1, 0.5), predicted=2)
    summed = image_uncertainty(given, 2, aggregation="sum")
    paid = image_uncertainty(given, 2, aggregation="per_second")
    assert summed[0] > summed[1]
    assert paid[0] < paid[1]


def test_only_the_fifty_most_confident_boxes_count():
    many = boxes(*[(0, 0.5)] * 80, *[(0, 0.9)] * 20, predicted=1)
    expected = 20 * 0.468996 + 30 * 1.0
    assert image_uncertainty(many, 1, aggregation="sum")[0] == pytest.approx(expected, rel=1e-5)


def test_an_empty_prediction_among_filled_neighbours_is_a_probable_miss():
    vectors = clumps(40, clusters=2, spread=0.1)
    labelled = tuple(range(20))
    filled = np.array([4 if row % 2 == 0 else 0 for row in labelled])
    given = boxes((22, 0.5), (23, 0.7), predicted=40)
    pool = pool_of(vectors, labelled, predictions=given, labelled_boxes=filled)
    missed = probable_misses(pool)
    assert set(missed.tolist()) == {20, *range(24, 40, 2)}
    picks = uncertainty(pool, 11, 0)
    assert [pick.index for pick in picks[:3]] == [22, 20, 24]
    assert set(rows_of(picks)) == {22, 23, *missed.tolist()}
    assert all(pick.score > 0 for pick in picks)
    assert "similar labelled pictures have some" in picks[1].reason


def test_uncertainty_without_predictions_says_what_is_missing():
    with pytest.raises(InvalidInput, match="train a run"):
        acquire("uncertainty", pool_of(clumps(5), predictions=None), 2, 0)


def test_category_weights_lie_between_one_and_three_point_six():
    weights = category_weights(np.array([1.0, 0.0, np.nan, 0.9]), np.array([1000, 1000, 1, 300]))
    np.testing.assert_allclose(weights, [1.0, 1.2, 3.6, weights[3]], rtol=1e-6)
    assert 1.9 < weights[3] < 2.3
