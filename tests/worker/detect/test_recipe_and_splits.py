"""The recipe by number of images, and splits that keep groups together."""

import math
from collections import Counter

import pytest

from worker.recipe import recipe_for
from worker.splits import Splittable, grouped_folds, grouped_split


@pytest.mark.parametrize("images", [5, 10, 25, 40, 60, 100, 300])
def test_steps_are_taken_whatever_the_number_of_images(images):
    recipe = recipe_for(images, 3)
    steps = recipe.epochs * math.ceil(images / recipe.batch)
    assert steps >= 320
    assert recipe.settings["nbs"] == recipe.batch <= max(2, images // 4)
    assert images % recipe.batch != 1
    assert recipe.settings["lr0"] == pytest.approx(min(0.01 / 7, 0.002 * math.sqrt(images / 500)))


def test_what_the_caller_gives_is_kept():
    recipe = recipe_for(40, 1, epochs=3, batch=8, overrides={"mosaic": 0.5})
    assert (recipe.epochs, recipe.batch, recipe.settings["mosaic"]) == (3, 8, 0.5)


@pytest.mark.parametrize(("images", "everyday", "given", "frozen"), [
    (40, True, None, 10), (40, False, None, 0), (200, True, None, 0), (40, True, 0, 0), (40, False, 5, 5),
])  # fmt: skip
def test_few_pictures_of_everyday_things_leave_the_backbone_as_it_is(images, everyday, given, frozen):
    assert recipe_for(images, 1, everyday=everyday, freeze=given).settings["freeze"] == frozen


def test_no_images_is_an_error():
    with pytest.raises(ValueError, match="at least one image"):
        recipe_for(0, 1)


def images(count: int, per_group: int = 1) -> list[Splittable]:
    return [Splittable(n, f"group-{n // per_group}", {n % 3: 1 + n % 2}) for n in range(count)]


def test_folds_hold_everything_once_and_groups_whole():
    pool = images(60, per_group=4)
    folds = grouped_folds(pool, 5, seed=1)
    assert sorted(index for fold in folds for index in fold) == list(range(60))
    where = {pool[index].group: number for number, fold in enumerate(folds) for index in fold}
    assert all(where[pool[index].group] == number for number, fold in enumerate(folds) for index in fold)
    assert folds == grouped_folds(pool, 5, seed=1)


def test_each_fold_gets_its_share_of_each_class():
    pool = images(90)
    for fold in grouped_folds(pool, 3, seed=2):
        classes = Counter(c for index in fold for c in pool[index].classes)
        assert all(8 <= classes[c] <= 12 for c in range(3))


def test_one_group_leaves_nothing_to_validate_on():
    train, validation = grouped_split(images(4, per_group=4), 0.25, seed=0)
    assert (train, validation) == ([0, 1, 2, 3], [])
