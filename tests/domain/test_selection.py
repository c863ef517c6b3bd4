"""The default policy as plain numbers."""

import pytest

from domain.selection import LoopFacts, distrust, next_budget, plan_batch

READY = LoopFacts(50, {"red": 40, "white": 12}, map50=0.6, has_predictions=True)


def counts(facts, budget):
    return {share.method: share.count for share in plan_batch(facts, budget)}


def test_cold_start_is_coverage_plus_audit():
    assert counts(LoopFacts(0), 50) == {"random": 10, "cluster_centres": 40}
    assert [share.audit for share in plan_batch(LoopFacts(0), 50)] == [True, False]


def test_a_trusted_round_is_60_20_20():
    assert counts(READY, 25) == {"random": 5, "uncertain_coverage": 15, "cluster_centres": 5}


def test_a_rare_category_takes_a_fifth_and_keeps_uncertainty_out():
    facts = LoopFacts(50, {"red": 40, "white": 9}, map50=0.6, has_predictions=True)
    assert counts(facts, 25) == {"random": 5, "rare_categories": 5, "cluster_centres": 15}
    assert any("white" in share.why for share in plan_batch(facts, 25))


@pytest.mark.parametrize("budget", range(1, 130))
@pytest.mark.parametrize("facts", [LoopFacts(0), READY, LoopFacts(5, {"red": 1}), LoopFacts(9, {}, 0.2, True)])
def test_shares_always_sum_to_the_budget(budget, facts):
    shares = plan_batch(facts, budget)
    assert sum(share.count for share in shares) == budget
    assert all(share.count > 0 for share in shares)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (LoopFacts(50, {"red": 40}), "no trained run"),
        (LoopFacts(50, {"red": 40}, 0.29, True), "map50 is 0.29"),
        (LoopFacts(50, {"red": 40, "a": 1, "b": 9}, 0.5, True), "a, b have fewer than 10"),
        (LoopFacts(50, {"red": 40, "a": 1}, 0.5, True), "a has fewer than 10"),
        (LoopFacts(49, {"red": 400}, 0.9, True), "49 of the first 50"),
    ],
)
def test_distrust_says_why(facts, reason):
    assert reason in (distrust(facts) or "")


def test_trust_needs_no_words():
    assert distrust(READY) is None


def test_next_budget_grows_with_the_labelled_set():
    assert [next_budget(n) for n in (0, 4, 30, 100, 1000)] == [50, 10, 15, 50, 100]


def test_a_batch_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        plan_batch(READY, 0)
