"""The default policy at work: what the shares become on a pool."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from domain.selection import LoopFacts
from tests.worker.learning.pools import NAMES, clumps, pool_of, predictions_for
from worker.acquire import Predictions, acquire
from worker.acquire.rare_categories import rare_categories


def methods(picks):
    return Counter(pick.details["method"] for pick in picks)


def test_the_first_batch_is_coverage_plus_audit():
    picks = acquire("hybrid", pool_of(clumps(300), facts=LoopFacts(0)), 50, seed=0)
    assert methods(picks) == {"random": 10, "cluster_centres": 40}
    assert [pick.audit for pick in picks] == [True] * 10 + [False] * 40


def test_a_trusted_model_brings_uncertainty_with_coverage():
    picks = acquire("hybrid", pool_of(clumps(300), range(50)), 20, seed=0)
    assert methods(picks) == {"random": 4, "uncertain_coverage": 12, "cluster_centres": 4}
    assert sum(pick.audit for pick in picks) == 4


def test_a_weak_model_is_not_listened_to():
    facts = LoopFacts(50, dict.fromkeys(NAMES, 90), map50=0.2, has_predictions=True)
    picks = acquire("hybrid", pool_of(clumps(300), range(50), facts=facts), 20, seed=0)
    assert methods(picks) == {"random": 4, "cluster_centres": 16}
    assert "map50 is 0.20" in picks[-1].reason


def test_the_audit_share_is_the_plain_random_draw():
    """Whatever the other shares do, the audit images are a uniform sample: each row equally often over many seeds."""
    pool = pool_of(clumps(20))
    seen = Counter(p.index for seed in range(2_000) for p in acquire("hybrid", pool, 5, seed) if p.audit)
    assert chisquare([seen[row] for row in range(20)]).pvalue > 0.001


def test_uncertain_coverage_prefers_uncertain_pictures_but_not_all_of_one_kind():
    vectors = clumps(200, clusters=4, spread=0.1)
    confidences = np.where(np.arange(200) % 4 < 2, 0.5, 0.99).astype(np.float32)
    every = np.arange(200)
    given = Predictions(every, confidences, np.zeros(200, np.int64), every, ("red",))
    facts = LoopFacts(50, {"red": 80}, map50=0.7, has_predictions=True)
    labelled = tuple(range(3, 80, 4))
    picks = acquire("hybrid", pool_of(vectors, labelled, predictions=given, facts=facts), 10, seed=0)
    unsure = [pick.index % 4 for pick in picks if pick.details["method"] == "uncertain_coverage"]
    assert set(unsure) == {0, 1}


def test_rare_categories_get_a_quota_from_predictions():
    pool = pool_of(clumps(100), range(20), facts=LoopFacts(20, {"red": 100, "white": 3}, 0.6, True))
    picks = acquire("hybrid", pool, 20, seed=0)
    assert methods(picks)["rare_categories"] == 4
    rare = [pick for pick in picks if pick.details["method"] == "rare_categories"]
    assert all("may show white" in pick.reason for pick in rare)


def test_rare_categories_get_a_quota_from_examples():
    vectors = clumps(100, clusters=5, spread=0.1)
    facts = LoopFacts(20, {"red": 100, "white": 3})
    labelled = range(20)
    pool = pool_of(vectors, labelled, predictions=None, facts=facts, rare_examples={"white": vectors[[2]]})
    picks = rare_categories(pool, 4, 0)
    assert [pick.index % 5 for pick in picks] == [2] * 4
    assert "resembles an example of white" in picks[0].reason


def test_a_rare_category_that_nothing_points_at_gives_its_quota_to_coverage():
    facts = LoopFacts(20, {"red": 100, "green": 0}, 0.6, True)
    picks = acquire("hybrid", pool_of(clumps(100), range(20), facts=facts), 20, seed=0)
    assert len(picks) == 20


def test_rare_categories_take_turns():
    facts = LoopFacts(20, dict.fromkeys(NAMES, 1), 0.6, True)
    picks = rare_categories(pool_of(clumps(100), range(20), facts=facts), 6, 0)
    assert Counter(pick.details["category"] for pick in picks) == {"red": 3, "white": 3}


@pytest.mark.parametrize("budget", [1, 2, 3])
def test_tiny_budgets_are_filled(budget):
    assert len(acquire("hybrid", pool_of(clumps(30)), budget, seed=0)) == budget


def test_predictions_of_another_pool_size_do_not_break_the_policy():
    pool = pool_of(clumps(60), range(30), predictions=predictions_for(40))
    assert len(acquire("hybrid", pool, 12, seed=0)) == 12
