"""What an acquisition function chooses from, checked once at the door."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from domain.errors import InvalidInput
from domain.selection import LoopFacts

BLOCK_ROWS = 16_384
"""Rows turned into float32 at a time: 32 MB at 512 dimensions."""

NO_ROWS = np.empty(0, np.int64)


@dataclass(frozen=True)
class Pick:
    """One chosen row. `score`: bigger is more wanted; scales of different methods do not compare."""

    index: int
    score: float
    reason: str
    details: Mapping[str, Any] = field(default_factory=dict)
    audit: bool = False


@dataclass(frozen=True)
class Predictions:
    """Boxes of the latest run over the pool, as parallel arrays of length m."""

    rows: np.ndarray
    """int (m,): the pool row that each box lies on."""
    confidences: np.ndarray
    """float (m,): score of the best category, 0 to 1."""
    categories: np.ndarray
    """int (m,): its place in `category_names`."""
    predicted_rows: np.ndarray
    """int (p,): every row that was predicted at all; without it "no box" and "not looked at" were the same."""
    category_names: tuple[str, ...] = ()
    category_scores: np.ndarray | None = None
    """float (m, categories): all scores, where the detector tells them. Margins need it."""


@dataclass(frozen=True)
class Pool:
    """`vectors` (n, d) float32 or float16 with unit rows, in a stable order (by image id): ties go to the lower row.

    `labelled`: int rows that carry labels, the audit set among them. `unavailable`: int rows that are being labelled or
    may not be asked for; they count as covered. `groups`: int (n,), equal for near-duplicates.
    Raises InvalidInput for NaN, rows that are not unit length, or rows that do not exist.
    """

    vectors: np.ndarray
    labelled: np.ndarray = field(default_factory=NO_ROWS.copy)
    groups: np.ndarray | None = None
    unavailable: np.ndarray = field(default_factory=NO_ROWS.copy)
    ids: np.ndarray | None = None
    """(n,) sortable: then the order of the rows does not matter, `acquire` sorts them itself."""
    predictions: Predictions | None = None
    labelled_boxes: np.ndarray | None = None
    """int (len(labelled),): boxes on each labelled image."""
    category_weights: np.ndarray | None = None
    """float (categories,), see uncertainty.category_weights."""
    rare_examples: Mapping[str, np.ndarray] = field(default_factory=dict)
    """By category name: (m, d) unit vectors of labelled crops or images that show it, or of its name as text."""
    facts: LoopFacts | None = None

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.vectors.dtype not in (np.float32, np.float16):
            raise InvalidInput("vectors must be a float32 or float16 matrix, one row per image")
        for start, block in blocks(self.vectors):
            squared = np.einsum("ij,ij->i", block, block)
            if not (np.abs(squared - 1) < 0.02).all():
                row = start + int(np.flatnonzero(~(np.abs(squared - 1) < 0.02))[0])
                raise InvalidInput(f"vector {row} is not of length 1: NaN, infinite, zero or not normalised")
        for name in ("labelled", "unavailable"):
            rows = np.asarray(getattr(self, name), np.int64)
            if rows.size and not (rows.min() >= 0 and rows.max() < len(self.vectors)):
                raise InvalidInput(f"{name} names a row that is not there")
            object.__setattr__(self, name, rows)
        if self.groups is not None and len(self.groups) != len(self.vectors):
            raise InvalidInput("groups must name a group for each row")

    def __len__(self) -> int:
        return len(self.vectors)

    @cached_property
    def taken(self) -> np.ndarray:
        """Sorted rows that are labelled or about to be: what counts as covered."""
        return np.union1d(self.labelled, self.unavailable)

    @cached_property
    def candidates(self) -> np.ndarray:
        """Sorted rows that may be picked: the first of every near-duplicate group of which no member is taken.

        Once every group has a taken member, the duplicates themselves: the pool never dries up half labelled.
        """
        groups = np.arange(len(self)) if self.groups is None else np.asarray(self.groups)
        _, first = np.unique(groups, return_index=True)
        fresh = np.sort(first[~np.isin(groups[first], groups[self.taken])])
        return fresh if fresh.size else np.setdiff1d(np.arange(len(self)), self.taken)

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """Those vectors as float32 (len(rows), d)."""
        return self.vectors[rows].astype(np.float32, copy=False)

    def without(self, picks: list[Pick]) -> "Pool":
        """The pool in which `picks` are taken."""
        changed = object.__new__(Pool)
        for name in self.__dataclass_fields__:
            object.__setattr__(changed, name, getattr(self, name))
        more = np.array([pick.index for pick in picks], np.int64)
        object.__setattr__(changed, "unavailable", np.union1d(self.unavailable, more))
        return changed

    def sorted_by_id(self) -> tuple["Pool", np.ndarray]:
        """The pool with its rows in id order, and the old row of each new one."""
        order = np.arange(len(self)) if self.ids is None else np.argsort(self.ids, kind="stable")
        if (np.diff(order) == 1).all():
            return self, order
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        predictions = self.predictions and replace(
            self.predictions,
            rows=place[self.predictions.rows],
            predicted_rows=place[self.predictions.predicted_rows],
        )
        ordered = replace(
            self,
            vectors=self.vectors[order],
            labelled=place[self.labelled],
            unavailable=place[self.unavailable],
            groups=None if self.groups is None else np.asarray(self.groups)[order],
            ids=None,
            predictions=predictions,
        )
        return ordered, order


def blocks(vectors: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """(first row, float32 block) over a matrix that may be float16 or memory-mapped."""
    for start in range(0, len(vectors), BLOCK_ROWS):
        yield start, vectors[start : start + BLOCK_ROWS].astype(np.float32, copy=False)


def nearest_similarity(vectors: np.ndarray, centres: np.ndarray, into: np.ndarray) -> None:
    """Raise `into` (n,) to each row's cosine to the most similar of `centres` (m, d float32)."""
    for start, block in blocks(vectors):
        for at in range(0, len(centres), 1024):
            part = into[start : start + len(block)]
            np.maximum(part, (block @ centres[at : at + 1024].T).max(axis=1), out=part)
