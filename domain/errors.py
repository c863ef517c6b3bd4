"""What can go wrong, as one tree. The edge (api/errors.py) alone knows which HTTP status each kind gets.

DomainError
 ├─ InvalidInput          the request itself is wrong; carries the offending parts          400
 ├─ NotFound              no such thing, or not in this project                             404
 ├─ Conflict              the request was fine, the world has moved on                      409
 │   ├─ StaleVersion      somebody changed it first; carries the events that were missed
 │   ├─ DuplicateName     a category of that name exists
 │   ├─ NotReady          a precondition of a job is missing; carries every reason
 │   └─ WrongState        the transition is not allowed from here
 ├─ TooLarge              the upload or the batch is over a limit                            413
 ├─ KeyReused             an idempotency key came back with another body                    422
 └─ Unavailable           a server we need is away; retry with the same key                 503
"""

from collections.abc import Sequence
from typing import Any

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One offending part of a request: a JSON pointer into it, and what is wrong there."""

    pointer: str
    detail: str


class DomainError(Exception):
    title = "Something is wrong"

    def __init__(self, detail: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)


class InvalidInput(DomainError):
    title = "Invalid input"


class NotFound(DomainError):
    title = "Not found"


class Conflict(DomainError):
    title = "Conflict"


class StaleVersion(Conflict):
    title = "Changed meanwhile"

    def __init__(self, detail: str, current_version: int, missed_events: Sequence[Any] = ()) -> None:
        super().__init__(detail)
        self.current_version = current_version
        self.missed_events = tuple(missed_events)


class DuplicateName(Conflict):
    title = "Name is taken"


class NotReady(Conflict):
    title = "Not ready"


class WrongState(Conflict):
    title = "Not possible now"


class TooLarge(DomainError):
    title = "Too large"


class KeyReused(DomainError):
    title = "Idempotency key reused"


class Unavailable(DomainError):
    title = "Temporarily unavailable"
