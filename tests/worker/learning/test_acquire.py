"""What every acquisition function promises, and what each one is for."""

from importlib import import_module

import numpy as np
import pytest
from skactiveml.pool import CoreSet
from skactiveml.utils import MISSING_LABEL

from domain.errors import InvalidInput
from domain.selection import LoopFacts
from tests.worker.learning.pools import clumps, pool_of, predictions_for, unit
from worker.acquire import ACQUISITION_FUNCTIONS, Pool, acquire
from worker.acquire.k_center import k_center

EVERY = pytest.mark.parametrize("name", ACQUISITION_FUNCTIONS)


def rows_of(picks):
    return [pick.index for pick in picks]


@EVERY
def test_picks_are_new_unlabelled_and_explained(name):
    pool = pool_of(clumps(120), range(0, 120, 7), unavailable=np.array([1, 2]))
    picks = acquire(name, pool, 20, seed=4)
    assert len(set(rows_of(picks))) == 20
    assert not set(rows_of(picks)) & {*range(0, 120, 7), 1, 2}
    assert all(pick.reason and np.isfinite(pick.score) for pick in picks)


@EVERY
def test_the_same_seed_gives_the_same_batch(name):
    pool = pool_of(clumps(90), range(10))
    assert acquire(name, pool, 12, seed=7) == acquire(name, pool, 12, seed=7)


@EVERY
@pytest.mark.parametrize("labelled", [(), range(12)])
def test_the_order_of_the_rows_does_not_matter_when_ids_are_given(name, labelled):
    vectors, ids = clumps(80), np.arange(80) * 3
    groups = np.arange(80) // 2 * 2
    predictions = predictions_for(80)
    plain = acquire(name, pool_of(vectors, labelled, ids=ids, groups=groups, predictions=predictions), 10, seed=1)
    order = np.random.default_rng(5).permutation(80)
    place = np.argsort(order)
    moved = type(predictions)(
        place[predictions.rows],
        predictions.confidences,
        predictions.categories,
        place[predictions.predicted_rows],
        predictions.category_names,
        predictions.category_scores,
    )
    shuffled = pool_of(
        vectors[order],
        tuple(place[list(labelled)]) if labelled else (),
        ids=ids[order],
        groups=groups[order],
        predictions=moved,
    )
    again = acquire(name, shuffled, 10, seed=1)
    assert [int(ids[order][row]) for row in rows_of(again)] == [int(ids[row]) for row in rows_of(plain)]


@EVERY
def test_a_budget_beyond_the_pool_gives_the_whole_pool(name):
    pool = pool_of(clumps(15), range(4))
    assert sorted(rows_of(acquire(name, pool, 50, seed=0))) == list(range(4, 15))


@EVERY
def test_a_finished_pool_gives_nothing(name):
    assert acquire(name, pool_of(clumps(8), range(8)), 5, seed=0) == []


@EVERY
def test_identical_pictures_are_picked_without_complaint(name):
    same = np.tile(unit(np.ones((1, 8))), (40, 1))
    assert len(set(rows_of(acquire(name, pool_of(same, range(3)), 10, seed=0)))) == 10
    assert len(set(rows_of(acquire(name, pool_of(same), 10, seed=0)))) == 10


@EVERY
def test_near_duplicates_never_fill_a_batch(name):
    vectors = np.concatenate([np.tile(unit(np.ones((1, 16))), (50, 1)), clumps(10)])
    groups = np.array([0] * 50 + list(range(50, 60)))
    picks = rows_of(acquire(name, pool_of(vectors, groups=groups), 30, seed=0))
    assert len(picks) == 11
    assert len({int(groups[row]) for row in picks}) == 11
    labelled = pool_of(vectors, (7,), groups=groups)
    assert sorted(rows_of(acquire(name, labelled, 30, seed=0))) == list(range(50, 60))


@EVERY
def test_once_every_group_is_labelled_its_duplicates_are_offered(name):
    pool = pool_of(clumps(6), (0, 3), groups=np.array([0, 0, 0, 3, 3, 3]))
    assert sorted(rows_of(acquire(name, pool, 9, seed=0))) == [1, 2, 4, 5]


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_vectors_that_are_not_unit_rows_are_refused(bad):
    vectors = clumps(10)
    vectors[4] = bad
    with pytest.raises(InvalidInput, match="vector 4"):
        Pool(vectors)


def test_wrong_requests_are_refused_by_name():
    pool = pool_of(clumps(5))
    with pytest.raises(InvalidInput, match="no acquisition function 'best'"):
        acquire("best", pool, 1, 0)
    with pytest.raises(InvalidInput, match="budget"):
        acquire("random", pool, 0, 0)
    with pytest.raises(InvalidInput, match="labelled names a row"):
        pool_of(clumps(5), (9,))


@pytest.mark.parametrize("name", ["random", "cluster_centres", "hybrid"])
def test_another_seed_gives_another_batch(name):
    pool = pool_of(clumps(200, spread=2), range(10))
    assert len({tuple(rows_of(acquire(name, pool, 12, seed=s))) for s in range(4)}) > 1


def test_random_batches_are_nested():
    pool = pool_of(clumps(60))
    assert rows_of(acquire("random", pool, 20, 3))[:8] == rows_of(acquire("random", pool, 8, 3))


def naive_k_center(vectors, labelled, budget):
    similarity = (vectors @ vectors[labelled].T).max(axis=1)
    chosen = []
    for _ in range(budget):
        similarity[[*labelled, *chosen]] = np.inf
        chosen.append(int(similarity.argmin()))
        similarity = np.maximum(similarity, vectors @ vectors[chosen[-1]])
    return chosen


@pytest.mark.parametrize("active_rows", [3, 20, 8_192])
def test_lazy_k_center_chooses_what_the_plain_greedy_chooses(monkeypatch, active_rows):
    monkeypatch.setattr(import_module("worker.acquire.k_center"), "ACTIVE_ROWS", active_rows)
    for seed in range(5):
        vectors = clumps(400, clusters=9, spread=0.8, seed=seed)
        assert rows_of(k_center(pool_of(vectors, (3, 50)), 40, 0)) == naive_k_center(vectors, [3, 50], 40)


def test_k_center_agrees_with_scikit_activeml():
    vectors = clumps(300, spread=1.0)
    y = np.full(300, MISSING_LABEL)
    y[[0, 10, 20]] = 0
    expected = CoreSet(random_state=0).query(vectors.astype(np.float64), y, batch_size=15)
    assert rows_of(k_center(pool_of(vectors, (0, 10, 20)), 15, 0)) == list(expected)


def test_half_precision_rows_choose_almost_the_same():
    vectors = clumps(500, spread=1.0)
    full = rows_of(k_center(pool_of(vectors, range(5)), 20, 0))
    half = rows_of(k_center(pool_of(vectors.astype(np.float16), range(5)), 20, 0))
    assert len(set(full) & set(half)) >= 18


def test_cluster_centres_takes_one_picture_from_each_clump():
    picks = rows_of(acquire("cluster_centres", pool_of(clumps(120, clusters=8, spread=0.1)), 8, seed=0))
    assert {row % 8 for row in picks} == set(range(8))


def test_cluster_centres_visits_unlabelled_clumps_first():
    vectors = clumps(120, clusters=8, spread=0.1)
    picks = rows_of(acquire("cluster_centres", pool_of(vectors, range(5)), 3, seed=0))
    assert {row % 8 for row in picks} == {5, 6, 7}


@pytest.mark.parametrize("name", ["cluster_centres", "herding", "typical", "hybrid"])
def test_coverage_is_never_worse_than_random_on_clumped_pictures(name):
    """Mean cosine of every picture to the most similar chosen one, against the mean of 20 random batches."""
    vectors = clumps(300, clusters=12, spread=0.4, seed=2)

    def coverage(picks):
        return float((vectors @ vectors[rows_of(picks)].T).max(axis=1).mean())

    pool = pool_of(vectors, facts=LoopFacts(0))
    by_chance = np.mean([coverage(acquire("random", pool, 12, seed)) for seed in range(20)])
    assert coverage(acquire(name, pool, 12, seed=0)) > by_chance + 0.02


def test_k_center_radius_is_never_larger_than_that_of_random():
    vectors = clumps(300, clusters=12, spread=0.4, seed=2)

    def radius(picks):
        return float(1 - (vectors @ vectors[rows_of(picks)].T).max(axis=1).min())

    pool = pool_of(vectors)
    by_chance = min(radius(acquire("random", pool, 12, seed)) for seed in range(20))
    assert radius(acquire("k_center", pool, 12, 0)) <= by_chance
