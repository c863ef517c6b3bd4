"""Old shapes of events to the newest, one pure step per version; golden files in tests/adapters/golden pin each."""

from collections.abc import Callable
from typing import Any

from domain.events import SCHEMA_VERSIONS

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


def _unsaid(record: dict[str, Any]) -> dict[str, Any]:
    # Version 1 took whoever brought an annotation back for who made it; what was shown then stays so.
    return record | {"created_by": None}


def _record_with_its_maker(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"annotation": _unsaid(data["annotation"])}


def _records_with_their_maker(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"annotations": [_unsaid(record) for record in data["annotations"]]}


UPCASTERS: dict[tuple[str, int], Upcaster] = {
    ("annotation.restored", 1): _record_with_its_maker,
    ("annotations.imported", 1): _records_with_their_maker,
    ("predictions.accepted", 1): _records_with_their_maker,
    ("predictions.withdrawn", 1): _records_with_their_maker,
}
"""(type, from version) -> the data as the next version has it."""


class MissingUpcaster(LookupError):
    """A stored version has no way to the newest one: a release forgot its upcaster, or the program is too old."""


def upcast(type_: str, version: int, data: dict[str, Any]) -> dict[str, Any]:
    while version != SCHEMA_VERSIONS[type_]:
        step = UPCASTERS.get((type_, version))
        if step is None:
            raise MissingUpcaster(f"no upcaster for {type_!r} from version {version}")
        data = step(data)
        version += 1
    return data
