"""Three signs, one sentence."""

import pytest

from worker.evaluate import Interval
from worker.stopping import RemainingWork, RoundFigures, advise, expected_gain


def rounds(*values, agreement=None, width=0.04):
    return [
        RoundFigures(
            10 * 2**step,
            Interval(value, value - width / 2, value + width / 2),
            agreement if step == len(values) - 1 else None,
        )
        for step, value in enumerate(values)
    ]


def work(images=500, correction_s=20.0, labelling_s=60.0, next_batch=40):
    return RemainingWork(images, correction_s, next_batch, labelling_s)


def test_a_steep_curve_says_go_on():
    advice = advise(rounds(0.3, 0.42, 0.5, agreement=0.8), work())
    assert advice.verdict == "go_on"
    assert advice.sentence == "Go on: label the next 40 pictures."
    assert len(advice.reasons) == 3
    assert "not yet stable" in advice.reasons[2]
    assert advice.gain == pytest.approx(0.1, abs=0.01)


def test_a_flat_stable_curve_with_little_left_says_stop():
    advice = advise(rounds(0.60, 0.603, 0.604, agreement=0.97), work(images=60, correction_s=5))
    assert advice.verdict == "stop"
    assert advice.sentence.startswith("Stop labelling")
    assert "no more than chance" in advice.reasons[1]


def test_signs_that_disagree_leave_it_to_the_person():
    advice = advise(rounds(0.3, 0.42, 0.5, agreement=0.7), work(images=45, correction_s=5))
    assert advice.verdict == "either"


def test_the_end_and_the_beginning_are_plain():
    assert advise(rounds(0.5), work(images=0)).verdict == "stop"
    assert advise([], work()).verdict == "go_on"
    assert "no figure" in advise([], work()).sentence
    first = advise(rounds(0.5), work())
    assert first.verdict == "go_on"
    assert first.gain is None


def test_the_expected_gain_follows_the_doublings_and_never_falls_below_zero():
    assert expected_gain(rounds(0.3, 0.4, 0.5), 40) == pytest.approx(0.1)
    assert expected_gain(rounds(0.3, 0.4, 0.5), 10) == pytest.approx(0.1 * 0.3219, rel=1e-3)
    assert expected_gain(rounds(0.5, 0.4), 40) == 0.0
    assert expected_gain(rounds(0.2, 0.97), 1_000) == pytest.approx(0.03)
    assert expected_gain(rounds(0.5), 40) is None


def test_more_pictures_left_make_another_round_worth_more():
    few = advise(rounds(0.5, 0.52, 0.54), work(images=80))
    many = advise(rounds(0.5, 0.52, 0.54), work(images=20_000))
    assert few.verdict == "either"
    assert many.verdict == "go_on"
