"""What a person or a job asks for. Imperative, as it arrives on the wire; a command may be refused, an event never."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from domain.geometry import Geometry

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
Confidence = Annotated[float, msgspec.Meta(ge=0, le=1)]
Version = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Command(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    pass


class DrawAnnotation(Command, frozen=True, tag="draw_annotation"):
    annotation_id: UUID
    category_id: UUID
    geometry: Geometry


class ReshapeAnnotation(Command, frozen=True, tag="reshape_annotation"):
    annotation_id: UUID
    geometry: Geometry
    expected_version: Version | None = None


class RecategoriseAnnotation(Command, frozen=True, tag="recategorise_annotation"):
    annotation_id: UUID
    category_id: UUID
    expected_version: Version | None = None


class DeleteAnnotation(Command, frozen=True, tag="delete_annotation"):
    annotation_id: UUID
    expected_version: Version | None = None


class RestoreAnnotation(Command, frozen=True, tag="restore_annotation"):
    annotation_id: UUID


class AcceptPrediction(Command, frozen=True, tag="accept_prediction"):
    prediction_id: UUID
    annotation_id: UUID


class RejectPrediction(Command, frozen=True, tag="reject_prediction"):
    prediction_id: UUID


class ReopenPrediction(Command, frozen=True, tag="reopen_prediction"):
    """Takes back an acceptance (after its annotation was deleted) or a rejection: the way back for undo."""

    prediction_id: UUID


class AcceptPredictions(Command, frozen=True, tag="accept_predictions"):
    min_confidence: Confidence


class Submit(Command, frozen=True, tag="submit"):
    pass


class Approve(Command, frozen=True, tag="approve"):
    pass


class Reject(Command, frozen=True, tag="reject"):
    reason: Reason


class Reopen(Command, frozen=True, tag="reopen"):
    pass


class MarkEmpty(Command, frozen=True, tag="mark_empty"):
    pass


class Claim(Command, frozen=True, tag="claim"):
    pass


class Release(Command, frozen=True, tag="release"):
    pass


OfOneAnnotation = (
    DrawAnnotation
    | ReshapeAnnotation
    | RecategoriseAnnotation
    | DeleteAnnotation
    | RestoreAnnotation
    | AcceptPrediction
)

ImageCommand = (
    OfOneAnnotation
    | RejectPrediction
    | ReopenPrediction
    | AcceptPredictions
    | Submit
    | Approve
    | Reject
    | Reopen
    | MarkEmpty
    | Claim
    | Release
)


class Prediction(msgspec.Struct, frozen=True):
    """An open proposal as the command handler needs it: read from the bulk table before deciding."""

    prediction_id: UUID
    run_id: UUID
    category_id: UUID
    geometry: Geometry
    confidence: float


Task = Literal["detect", "segment"]

WeightsName = Annotated[
    str,
    msgspec.Meta(
        max_length=200,
        pattern=r"^(run:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*)$",
    ),
]
"""A name, never a path: what it resolves to is for the worker's own folders to say."""

Device = Annotated[str, msgspec.Meta(pattern=r"^(auto|cpu|mps|cuda(:[0-9]{1,2})?)$")]
