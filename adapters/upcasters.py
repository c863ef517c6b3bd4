"""Old shapes of events to the newest, one pure step per version; golden files in tests/adapters/golden pin each."""

from collections.abc import Callable
from typing import Any

from domain.events import SCHEMA_VERSIONS

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(type, from version) -> the data as the next version has it. Every type is at version 1 today."""


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
