"""Planted label errors rise to the top of the queue; clean images sink."""

import random

import pytest

from domain.evaluation import Found, JudgedImage, Label
from domain.geometry import Box
from worker.label_errors import disagreements, label_quality, similarity, softmin


def box(x, size=40.0):
    return Box(x, 0.0, size, size)


def clean(generator: random.Random) -> tuple[list[Label], list[Found]]:
    labels = [Label(generator.choice("ab"), box(80.0 * i)) for i in range(generator.randint(3, 7))]
    found = [
        Found(one.category, Box(one.box.x + generator.gauss(0, 1.5), 0.0, 40, 40), generator.uniform(0.7, 1))
        for one in labels
    ]
    return labels, found


def sure(found: list[Found], place: int) -> None:
    found[place] = Found(found[place].category, found[place].box, 0.98)


def plant(kind: str, generator: random.Random) -> JudgedImage:
    labels, found = clean(generator)
    place = generator.randrange(len(labels))
    sure(found, place)
    if kind == "overlooked":
        del labels[place]
    elif kind == "swapped":
        labels[place] = Label("a" if labels[place].category == "b" else "b", labels[place].box)
    else:
        labels[place] = Label(labels[place].category, Box(labels[place].box.x + 25, 15, 40, 40))
    return JudgedImage(labels, found)


@pytest.mark.parametrize("kind", ["overlooked", "swapped", "badly_located"])
def test_planted_errors_lead_the_queue_and_are_named(kind):
    generator = random.Random(0)
    images = [JudgedImage(*clean(generator)) for _ in range(60)]
    bad = {7, 23, 41}
    for place in bad:
        images[place] = plant(kind, generator)
    worst = label_quality(images)[:3]
    assert {one.image for one in worst} == bad
    assert all(one.issues[0].kind == kind for one in worst)
    assert all(getattr(one, kind) < 0.5 for one in worst)


def test_a_clean_image_has_no_issue_and_an_empty_one_is_perfect():
    generator = random.Random(1)
    assert all(not one.issues for one in label_quality([JudgedImage(*clean(generator)) for _ in range(20)]))
    assert label_quality([JudgedImage([], [])])[0].score == pytest.approx(1.0)


def test_the_limit_of_confidence_can_differ_by_category():
    image = JudgedImage([], [Found("a", box(0), 0.7), Found("b", box(100), 0.7)])
    assert label_quality([image])[0].issues == ()
    issues = label_quality([image], confident={"a": 0.6})[0].issues
    assert [(issue.kind, issue.found) for issue in issues] == [("overlooked", 0)]


def test_a_label_that_the_model_supports_too_is_not_swapped():
    image = JudgedImage([Label("a", box(0))], [Found("a", box(0), 0.97), Found("b", box(3), 0.99)])
    assert label_quality([image])[0].swapped == 1.0


def test_similarity_and_softmin_by_hand():
    assert similarity(box(0), box(0)) == pytest.approx(1.0)
    assert similarity(box(0), box(400)) < 0.001
    assert similarity(box(0), box(20)) == pytest.approx(0.9 / 3 + 0.1 * 2.718281828**-2, rel=1e-6)
    assert softmin([]) == 1.0
    assert softmin([0.4]) == pytest.approx(0.4)
    assert 0.0 < softmin([0.0, 1.0, 1.0]) < 0.001
    assert softmin([0.3, 0.3, 0.9]) < softmin([0.3, 0.9, 0.9])


def test_disagreements_name_every_kind_once():
    image = JudgedImage(
        [Label("a", box(0)), Label("a", box(100)), Label("a", box(200)), Label("a", box(300))],
        [
            Found("a", box(0), 0.9),
            Found("b", box(100), 0.8),
            Found("a", Box(210, 0, 40, 40), 0.9),
            Found("b", box(500), 0.6),
            Found("a", box(700), 0.1),
        ],
    )
    listed = disagreements([image])
    assert {(one.kind, one.label, one.found) for one in listed} == {
        ("other_category", 1, 1),
        ("badly_located", 2, 2),
        ("missed_by_run", 3, None),
        ("not_labelled", None, 3),
    }
    assert [one.weight for one in listed] == sorted((one.weight for one in listed), reverse=True)
    assert disagreements([JudgedImage([Label("a", box(0))], [Found("a", box(0), 0.9)])]) == []


def test_a_missed_label_that_the_run_half_saw_weighs_less():
    seen = JudgedImage([Label("a", box(0))], [Found("a", box(0), 0.2)])
    blind = JudgedImage([Label("a", box(0))], [])
    assert [one.image for one in disagreements([seen, blind])] == [1, 0]
