"""Is another round worth its seconds? Three signs and one sentence; the person decides (learning.md 4.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2
from typing import Literal

import numpy as np

from worker.evaluate import Interval

SMALL_GAIN = 0.01
ROUNDS = 2
STABLE = 0.95


@dataclass(frozen=True)
class RoundFigures:
    """One trained run on the audit set. `agreement`: F1 with the run before it on unlabelled pictures, if compared."""

    labelled_images: int
    map50_95: Interval
    agreement: float | None = None


@dataclass(frozen=True)
class RemainingWork:
    """Seconds of human time: to label one image of the next batch, and to correct one of the rest as things stand."""

    images: int
    correction_s: float
    next_batch: int
    labelling_s: float


@dataclass(frozen=True)
class Advice:
    """`verdict` and the reasons behind it; `gain` is the map50_95 that the next batch would probably add."""

    verdict: Literal["stop", "go_on", "either"]
    sentence: str
    reasons: tuple[str, ...]
    gain: float | None


def advise(rounds: Sequence[RoundFigures], work: RemainingWork) -> Advice:
    """`rounds` oldest first. No sign is superior everywhere (2110.03802), so all three are shown.

    Stop when correcting the rest is cheaper than another round and one further sign says so; go on when another round
    is cheaper and nothing speaks against it; either way otherwise.
    """
    if work.images <= 0:
        return Advice("stop", "Stop: every picture is labelled.", ("No picture is left.",), None)
    if not rounds or rounds[-1].map50_95.value is None:
        sentence = "Go on: there is no figure on the audit set yet."
        return Advice("go_on", sentence, ("No run has been measured on the audit set.",), None)
    gain = expected_gain(rounds, work.next_batch)
    cost, cheaper = _cost(rounds[-1], work, gain)
    flat, stable = _flat(rounds), _stable(rounds[-1])
    reasons = tuple(reason for reason in (cost, flat and flat[1], stable and stable[1]) if reason)
    signs = [bool(sign[0]) for sign in (flat, stable) if sign]
    if cheaper and any(signs):
        return Advice(
            "stop", "Stop labelling and correct the rest: another round costs more than it saves.", reasons, gain
        )
    if not cheaper and not all(signs or [False]):
        return Advice("go_on", f"Go on: label the next {work.next_batch} pictures.", reasons, gain)
    return Advice("either", "Either is fine: the signs disagree, see the reasons.", reasons, gain)


def expected_gain(rounds: Sequence[RoundFigures], next_batch: int) -> float | None:
    """map50_95 that the next batch adds if the curve keeps its slope over log2 of the labelled images; not below 0.

    Fitted on the last three runs; None with fewer than two different sizes. A straight line flatters a curve that
    bends, so this leans towards another round.
    """
    known = [(log2(one.labelled_images), one.map50_95.value) for one in rounds if one.map50_95.value is not None]
    x, y = np.array([point for point, _ in known[-3:]]), np.array([value for _, value in known[-3:]])
    if len(np.unique(x)) < 2:
        return None
    slope = float(np.polyfit(x, y, 1)[0])
    labelled = rounds[-1].labelled_images
    return min(max(0.0, slope * log2((labelled + next_batch) / labelled)), 1 - float(y[-1]))


def _cost(latest: RoundFigures, work: RemainingWork, gain: float | None) -> tuple[str, bool]:
    """The rest's corrections shrink in proportion to the error 1 - map50_95 that a round removes."""
    now = work.images * work.correction_s
    if gain is None:
        return f"Correcting the remaining {work.images} pictures takes about {_minutes(now)} minutes.", False
    error = max(1e-6, 1 - float(latest.map50_95.value or 0.0))
    batch = min(work.next_batch, work.images)
    saved = (work.images - batch) * work.correction_s * gain / error
    extra = batch * max(0.0, work.labelling_s - work.correction_s)
    sentence = (
        f"Correcting the remaining {work.images} pictures takes about {_minutes(now)} minutes; the next batch costs "
        f"{_minutes(extra)} minutes more than correcting those pictures and would save {_minutes(saved)}."
    )
    return sentence, saved <= extra


def _flat(rounds: Sequence[RoundFigures]) -> tuple[bool, str] | None:
    """Gains below a point, or below their own uncertainty, in two rounds in a row."""
    if len(rounds) <= ROUNDS:
        return None
    last = rounds[-(ROUNDS + 1) :]
    gains = [_value(after) - _value(before) for before, after in pairwise(last)]
    small = [gain < max(SMALL_GAIN, _standard_error(after)) for gain, after in zip(gains, last[1:], strict=True)]
    listed = " and ".join(f"{100 * gain:+.1f}" for gain in gains)
    return all(small), f"The last {ROUNDS} rounds changed map50_95 by {listed} points{_within(small)}."


def _within(small: Sequence[bool]) -> str:
    return ", which is no more than chance" if all(small) else ""


def _stable(latest: RoundFigures) -> tuple[bool, str] | None:
    if latest.agreement is None:
        return None
    stable = latest.agreement >= STABLE
    return (
        stable,
        f"The last two runs agree on {latest.agreement:.0%} of the boxes ({'' if stable else 'not yet '}stable).",
    )


def _standard_error(one: RoundFigures) -> float:
    low, high = one.map50_95.low, one.map50_95.high
    return 0.0 if low is None or high is None else (high - low) / 3.92


def _value(one: RoundFigures) -> float:
    return 0.0 if one.map50_95.value is None else one.map50_95.value


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f}" if seconds >= 600 else f"{seconds / 60:.1f}"
