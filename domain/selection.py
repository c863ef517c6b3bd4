"""The default policy: which share of a query batch goes to which acquisition function (learning.md 1.4).

Published gains of selection over random are small and rankings change between datasets, so the policy is built not to
lose: coverage until the model's scores mean something, always a random share, which is also the audit set.
"""

from collections.abc import Mapping
from math import ceil
from typing import Literal

import msgspec

FIRST_BUDGET = 50
AUDIT_SHARE = 0.2
COVERAGE_SHARE = 0.2
RARE_SHARE = 0.2
TRUSTED_MAP50 = 0.30
TRUSTED_BOXES = 10
"""Below these an uncertainty is noise: the audit map50 and the labelled boxes that every category must have."""
TRUSTED_IMAGES = FIRST_BUDGET
"""With fewer labelled images than a first batch holds, the most uncertain pictures are outliers and badly labelled
ones; learning from a handful of those is worse than from random ones (uncertainty fails at low budget: TypiClust)."""

Method = Literal["random", "cluster_centres", "uncertain_coverage", "rare_categories"]
UncertaintyMeasure = Literal["entropy", "margin", "least_confidence"]
"""Of one predicted box."""
UncertaintyAggregation = Literal["sum", "mean", "max", "per_second"]
"""From the boxes of a picture to the picture."""


class LoopFacts(msgspec.Struct, frozen=True):
    """Where the loop stands. `boxes` counts labelled boxes by category name, 0 for a category without any."""

    labelled_images: int
    boxes: Mapping[str, int] = {}
    map50: float | None = None
    """Of the latest run, on the audit set or out of fold; None while there is none."""
    has_predictions: bool = False

    @property
    def rare_categories(self) -> tuple[str, ...]:
        return tuple(sorted(name for name, boxes in self.boxes.items() if boxes < TRUSTED_BOXES))


class Share(msgspec.Struct, frozen=True):
    """So many of the batch's images are to be chosen by this method, and why."""

    method: Method
    count: int
    why: str
    audit: bool = False


def next_budget(labelled_images: int) -> int:
    """How many images to ask for when nobody said: 50 at first, then half of what is labelled, 10 to 100."""
    return FIRST_BUDGET if labelled_images == 0 else min(100, max(10, labelled_images // 2))


def distrust(facts: LoopFacts) -> str | None:
    """Why the model's uncertainty is not used yet, in plain words; None once it may be."""
    if not facts.has_predictions or facts.map50 is None:
        return "no trained run has predicted the pool yet"
    if facts.map50 < TRUSTED_MAP50:
        return f"map50 is {facts.map50:.2f}; below {TRUSTED_MAP50:.2f} a confidence says little"
    if facts.labelled_images < TRUSTED_IMAGES:
        return f"{facts.labelled_images} of the first {TRUSTED_IMAGES} images are labelled"
    if rare := facts.rare_categories:
        return f"{', '.join(rare)} {'has' if len(rare) == 1 else 'have'} fewer than {TRUSTED_BOXES} labelled boxes"
    return None


def plan_batch(facts: LoopFacts, budget: int) -> tuple[Share, ...]:
    """Shares that sum to `budget` (>= 1), in the order in which they are to be chosen; the audit share comes first.

    The audit share is drawn before everything else, from the whole pool: only so is it an unbiased sample.
    """
    if budget < 1:
        raise ValueError("a batch needs a budget of at least one image")
    audit = ceil(AUDIT_SHARE * budget) if budget > 1 else 0
    left = budget - audit
    shares = [Share("random", audit, "grows the audit set, from which every quality figure comes", audit=True)]
    if facts.labelled_images and facts.rare_categories:
        rare = min(int(RARE_SHARE * budget), left)
        left -= rare
        names = ", ".join(facts.rare_categories)
        shares.append(Share("rare_categories", rare, f"may show {names}: fewer than {TRUSTED_BOXES} labelled boxes"))
    if reason := distrust(facts):
        why = "coverage at the cold start" if not facts.labelled_images else f"coverage: {reason}"
        shares.append(Share("cluster_centres", left, why))
    else:
        coverage = min(round(COVERAGE_SHARE * budget), left)
        shares.append(Share("uncertain_coverage", left - coverage, "uncertain, and like much that is unlabelled"))
        shares.append(Share("cluster_centres", coverage, "covers pictures unlike the labelled ones"))
    return tuple(share for share in shares if share.count)
