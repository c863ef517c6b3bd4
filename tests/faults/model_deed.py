"""What one event of an image touched, as an undo has to know it."""

from typing import Any, Literal
from uuid import UUID

import msgspec

Thing = tuple[Literal["shape", "judgement", "review"], UUID | None]
"""What undo brings back: an annotation, whether a prediction was judged, the review state."""


class Doing(msgspec.Struct, frozen=True):
    """The gesture that is under way: the number-th of all."""

    number: int = 0
    actor: UUID | None = None
    undo: UUID | None = None


class Deed(msgspec.Struct, frozen=True):
    by: Doing
    thing: Thing
    before: Any
    job: UUID | None
