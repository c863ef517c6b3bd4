"""What a training run is worth: figures on pictures it was not trained on, each with its interval, and its promises."""

from typing import Literal
from uuid import UUID

import msgspec

from domain.evaluation import BACKGROUND, Category, Figures

HeldOutKind = Literal["audit", "k_fold", "split"]


class Range(msgspec.Struct, frozen=True):
    """A 95 % bootstrap interval over images; None below two images."""

    low: float | None
    high: float | None


class HeldOut(msgspec.Struct, frozen=True):
    """Which pictures the figures come from. `digest` names the blob with labels and detections (adapters/held_out)."""

    kind: HeldOutKind
    images: int
    folds: int
    digest: str
    fold_weights: tuple[str, ...] = ()
    """Digests of the folds' models, which the high quality mode looks through as well."""


class Curve(msgspec.Struct, frozen=True):
    """A calibration: linear between the knots (confidence, probability that such a box is right), flat outside."""

    method: Literal["isotonic", "platt", "rate"]
    confidences: tuple[float, ...]
    probabilities: tuple[float, ...]
    boxes: int
    raw_ece: float | None
    ece: float | None
    """Expected calibration error of the confidences themselves, and after calibration (out of fold)."""


class PromisedPrecision(msgspec.Struct, frozen=True):
    """From which confidence on `target` can be promised; None and then `more_boxes` says what is missing."""

    target: float
    threshold: float | None
    precision: float | None
    lower_bound: float | None
    checked: int
    more_boxes: int | None
    pooled: bool
    sentence: str


class CategoryMetrics(msgspec.Struct, frozen=True):
    category_id: UUID
    name: str
    ap50: float | None
    ap50_95: float | None
    ap50_interval: Range
    ap50_95_interval: Range
    precision: float | None
    recall: float | None
    labels: int
    found: int
    promise: PromisedPrecision
    show_from: float
    """Suggest boxes from this confidence on: below, deleting the wrong ones costs more than drawing the missed ones."""
    calibration: Curve


class SizeMetrics(msgspec.Struct, frozen=True):
    bucket: Literal["small", "medium", "large"]
    map50: float | None
    map50_95: float | None
    labels: int


class ConfusionCell(msgspec.Struct, frozen=True):
    """`labelled` None: found where nothing is labelled. `predicted` None: missed."""

    labelled: UUID | None
    predicted: UUID | None
    count: int


def size_metrics(figures: Figures) -> list[SizeMetrics]:
    return [SizeMetrics(bucket, *figures.sizes[bucket]) for bucket in ("small", "medium", "large")]


def confusion_cells(figures: Figures) -> list[ConfusionCell]:
    """Of figures whose categories are ids."""
    return [
        ConfusionCell(_cell(labelled), _cell(predicted), count)
        for labelled, row in figures.confusion.items()
        for predicted, count in row.items()
    ]


def _cell(category: Category) -> UUID | None:
    return None if category == BACKGROUND else UUID(str(category))


class LocationErrors(msgspec.Struct, frozen=True):
    """Share of right boxes of a category and size that sit badly (IoU 0.5 to 0.75)."""

    category_id: UUID
    bucket: str
    rate: float


class Misses(msgspec.Struct, frozen=True):
    """Conformal bound: showing boxes from `threshold` on, a fresh image misses at most `alpha` of its objects."""

    alpha: float
    threshold: float | None
    missed: float
    images: int
    more_images: int | None


class PairedDifference(msgspec.Struct, frozen=True):
    """This run minus `run_id` on the same held-out pictures; `clear` is the sign when the interval leaves 0 out."""

    run_id: UUID
    images: int
    map50: float | None
    map50_interval: Range
    map50_95: float | None
    map50_95_interval: Range
    clear: Literal[-1, 0, 1]


class RunMetrics(msgspec.Struct, frozen=True):
    map50: float | None
    map50_95: float | None
    precision: float | None
    recall: float | None
    images: int
    labelled_images: int
    """All images that the run learned from or was measured on."""
    held_out: HeldOut | None
    interval: dict[Literal["map50", "map50_95"], Range]
    per_category: list[CategoryMetrics]
    sizes: list[SizeMetrics] = []
    confusion: list[ConfusionCell] = []
    location_errors: list[LocationErrors] = []
    misses: Misses | None = None
    compared: list[PairedDifference] = []
    seconds_per_image: float | None = None
    """Of prediction, on the machine that trained."""
