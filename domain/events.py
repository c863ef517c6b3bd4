"""Every fact the log can hold. The type string in `tag` is ours for ever; a class may be renamed, a type may not.

A change of shape raises the number in SCHEMA_VERSIONS and adds an upcaster (adapters/upcasters.py) and a golden file.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from domain.geometry import Geometry

Source = Literal["human", "model", "import"]
ImageReviewState = Literal["unlabelled", "in_progress", "submitted", "approved", "rejected", "auto"]
AcquisitionFunction = Literal["random", "k_center", "cluster_centres", "typical", "uncertainty", "herding", "hybrid"]


class Event(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=False):
    """A fact. `type` is the tag; unknown fields of newer writers are tolerated."""


class ProjectCreated(Event, frozen=True, tag="project.created"):
    name: str
    description: str
    task: Literal["detect", "segment"]
    settings: dict[str, Any] = {}


class ProjectRenamed(Event, frozen=True, tag="project.renamed"):
    name: str
    description: str


class ProjectConfigured(Event, frozen=True, tag="project.configured"):
    settings: dict[str, Any]


class ProjectTrashed(Event, frozen=True, tag="project.trashed"):
    pass


class ProjectRestored(Event, frozen=True, tag="project.restored"):
    pass


class CategoryAdded(Event, frozen=True, tag="category.added"):
    category_id: UUID
    name: str
    color: str
    hotkey: str | None
    ordinal: int


class CategoryRenamed(Event, frozen=True, tag="category.renamed"):
    category_id: UUID
    name: str


class CategoryRecoloured(Event, frozen=True, tag="category.recoloured"):
    category_id: UUID
    color: str
    hotkey: str | None


class CategoryMerged(Event, frozen=True, tag="category.merged"):
    category_id: UUID
    into_id: UUID


class CategoryUnmerged(Event, frozen=True, tag="category.unmerged"):
    category_id: UUID


class CategoryRemoved(Event, frozen=True, tag="category.removed"):
    category_id: UUID
    reassign_to: UUID | None


class RunPromoted(Event, frozen=True, tag="run.promoted"):
    run_id: UUID


class ImageRegistered(Event, frozen=True, tag="image.registered"):
    file_name: str
    digest: str
    width: int
    height: int
    byte_size: int
    media_type: str
    orientation: int = 1


class ImageTrashed(Event, frozen=True, tag="image.trashed"):
    pass


class ImageRestored(Event, frozen=True, tag="image.restored"):
    pass


class ImageErased(Event, frozen=True, tag="image.erased"):
    annotation_ids: tuple[UUID, ...]


class AnnotationRecord(msgspec.Struct, frozen=True):
    """A whole annotation inside an event that carries several, or brings one back."""

    annotation_id: UUID
    category_id: UUID
    geometry: Geometry
    source: Source
    confidence: float | None = None
    prediction_id: UUID | None = None
    run_id: UUID | None = None
    created_by: UUID | None = None
    """None: by the actor of the event."""


class AnnotationDrawn(Event, frozen=True, tag="annotation.drawn"):
    annotation_id: UUID
    category_id: UUID
    geometry: Geometry
    source: Source = "human"


class AnnotationReshaped(Event, frozen=True, tag="annotation.reshaped"):
    annotation_id: UUID
    geometry: Geometry


class AnnotationRecategorised(Event, frozen=True, tag="annotation.recategorised"):
    annotation_id: UUID
    category_id: UUID
    from_category_id: UUID


class AnnotationDeleted(Event, frozen=True, tag="annotation.deleted"):
    annotation_id: UUID
    category_id: UUID
    source: Source


class AnnotationRestored(Event, frozen=True, tag="annotation.restored"):
    annotation: AnnotationRecord


class AnnotationsImported(Event, frozen=True, tag="annotations.imported"):
    annotations: tuple[AnnotationRecord, ...]
    state: ImageReviewState
    origin: str


class PredictionAccepted(Event, frozen=True, tag="prediction.accepted"):
    prediction_id: UUID
    annotation_id: UUID
    category_id: UUID
    geometry: Geometry
    confidence: float
    run_id: UUID


class PredictionRejected(Event, frozen=True, tag="prediction.rejected"):
    prediction_id: UUID
    category_id: UUID
    confidence: float
    run_id: UUID


class PredictionReopened(Event, frozen=True, tag="prediction.reopened"):
    """A person took back their judgement; it is a proposal again."""

    prediction_id: UUID


class PredictionsRecorded(Event, frozen=True, tag="predictions.recorded"):
    """On the run's stream. `digest` is the SHA-256 over the rows, because the bulk table is not rebuilt."""

    run_id: UUID
    job_id: UUID
    images: int
    count: int
    digest: str
    mode: Literal["suggest", "accept"]
    thresholds: dict[str, float] = {}


class PredictionsAccepted(Event, frozen=True, tag="predictions.accepted"):
    """On an image's stream: a job took every prediction above its thresholds; the shapes are here, whole."""

    run_id: UUID
    job_id: UUID
    annotations: tuple[AnnotationRecord, ...]


class PredictionsWithdrawn(Event, frozen=True, tag="predictions.withdrawn"):
    """Undo of PredictionsAccepted on one image: the untouched annotations of that job are gone again.

    `state` is the image's from now on, as it was before the acceptance.
    """

    run_id: UUID
    job_id: UUID
    annotations: tuple[AnnotationRecord, ...]
    state: ImageReviewState


class ImageSubmitted(Event, frozen=True, tag="image.submitted"):
    pass


class ImageApproved(Event, frozen=True, tag="image.approved"):
    pass


class ImageRejected(Event, frozen=True, tag="image.rejected"):
    reason: str


class ImageReopened(Event, frozen=True, tag="image.reopened"):
    pass


class ImageReverted(Event, frozen=True, tag="image.reverted"):
    """An undo put the review state back to what it was before the deeds that it took back."""

    state: ImageReviewState


class ImageMarkedEmpty(Event, frozen=True, tag="image.marked_empty"):
    pass


class ImageClaimed(Event, frozen=True, tag="image.claimed"):
    pass


class ImageReleased(Event, frozen=True, tag="image.released"):
    pass


class Pick(msgspec.Struct, frozen=True):
    image_id: UUID
    rank: int
    score: float
    reason: str
    audit: bool = False


class QueryBatchSelected(Event, frozen=True, tag="query_batch.selected"):
    acquisition_function: AcquisitionFunction
    budget: int
    seed: int
    as_of_position: int
    inputs_digest: str
    picks: tuple[Pick, ...]
    job_id: UUID | None
    run_id: UUID | None = None
    settings: dict[str, Any] = {}


class TrainingRequested(Event, frozen=True, tag="training.requested"):
    job_id: UUID
    base_weights: str
    as_of_position: int
    settings: dict[str, Any]


class TrainingStarted(Event, frozen=True, tag="training.started"):
    category_ids: tuple[UUID, ...]
    """Class order: the class_index of a category is its place here."""
    images: int
    train_image_ids: tuple[UUID, ...]
    validation_image_ids: tuple[UUID, ...]
    settings: dict[str, Any]
    notices: tuple[str, ...]


class TrainingSucceeded(Event, frozen=True, tag="training.succeeded"):
    weights_digest: str
    metrics: dict[str, Any]
    notices: tuple[str, ...]
    versions: dict[str, str]
    seconds: float


class TrainingFailed(Event, frozen=True, tag="training.failed"):
    error: str


class TrainingCancelled(Event, frozen=True, tag="training.cancelled"):
    pass


class JobRequested(Event, frozen=True, tag="job.requested"):
    kind: str
    payload: dict[str, Any]
    priority: int
    max_attempts: int


class JobStarted(Event, frozen=True, tag="job.started"):
    attempt: int
    worker: str


class JobRequeued(Event, frozen=True, tag="job.requeued"):
    reason: str


class JobCancelRequested(Event, frozen=True, tag="job.cancel_requested"):
    pass


class JobSucceeded(Event, frozen=True, tag="job.succeeded"):
    result: dict[str, Any]


class JobFailed(Event, frozen=True, tag="job.failed"):
    error: str
    tail: str = ""


class JobCancelled(Event, frozen=True, tag="job.cancelled"):
    pass


class ExportRequested(Event, frozen=True, tag="export.requested"):
    job_id: UUID
    format: str
    as_of_position: int
    settings: dict[str, Any]


class ExportWritten(Event, frozen=True, tag="export.written"):
    blob: str
    size: int
    sha256: str
    images: int
    annotations: int


class ExportFailed(Event, frozen=True, tag="export.failed"):
    error: str


class CommentAdded(Event, frozen=True, tag="comment.added"):
    comment_id: UUID
    text: str
    x: float | None = None
    y: float | None = None


class CommentResolved(Event, frozen=True, tag="comment.resolved"):
    comment_id: UUID


EVENT_CLASSES: dict[str, type[Event]] = {str(cls.__struct_config__.tag): cls for cls in Event.__subclasses__()}
"""The registry: type string -> class. What is not here stops a rebuild."""

SCHEMA_VERSIONS: dict[str, int] = dict.fromkeys(EVENT_CLASSES, 1) | {
    "annotation.restored": 2,
    "annotations.imported": 2,
    "predictions.accepted": 2,
    "predictions.withdrawn": 2,
}


class NewEvent(msgspec.Struct, frozen=True):
    event_id: UUID
    event: Event

    @property
    def type(self) -> str:
        return event_type(self.event)


class RecordedEvent(msgspec.Struct, frozen=True):
    position: int
    stream_id: UUID
    version: int
    event_id: UUID
    project_id: UUID
    actor_id: UUID
    recorded_at: datetime
    event: Event
    command_id: UUID | None = None
    causation_id: UUID | None = None
    correlation_id: UUID | None = None
    meta: Mapping[str, Any] = {}

    @property
    def type(self) -> str:
        return event_type(self.event)


def event_type(event: Event) -> str:
    return str(type(event).__struct_config__.tag)
