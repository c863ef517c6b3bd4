"""Changes of keyed read rows, and how those of one row combine."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

Table = Literal[
    "projects",
    "categories",
    "images",
    "annotations",
    "jobs",
    "query_batches",
    "training_runs",
    "exports",
    "predictions",
]


class Put(msgspec.Struct, frozen=True):
    """A new row, whole."""

    table: Table
    key: UUID
    row: Mapping[str, Any]


class Patch(msgspec.Struct, frozen=True):
    """New values for some columns, and numbers to add to others."""

    table: Table
    key: UUID
    values: Mapping[str, Any] = {}
    add: Mapping[str, int] = {}


class Drop(msgspec.Struct, frozen=True):
    table: Table
    key: UUID


Change = Put | Patch | Drop


def coalesced(changes: Iterable[Change]) -> dict[tuple[Table, UUID], Change]:
    """One change per row with the effect of all of them in order."""
    merged: dict[tuple[Table, UUID], Change] = {}
    for change in changes:
        key = (change.table, change.key)
        before = merged.get(key)
        merged[key] = change if before is None else _combined(before, change)
    return merged


def _combined(before: Change, change: Change) -> Change:
    if not isinstance(change, Patch) or isinstance(before, Drop):
        # A patch after a drop finds no row, as it would one by one; a put or a drop overrides whatever was there.
        return before if isinstance(change, Patch) else change
    if isinstance(before, Put):
        added = {column: before.row[column] + n for column, n in change.add.items()}
        return Put(before.table, before.key, {**before.row, **change.values, **added})
    sums = {column: before.add.get(column, 0) + change.add.get(column, 0) for column in {*before.add, *change.add}}
    return Patch(before.table, before.key, {**before.values, **change.values}, sums)
