"""The boundaries of the platform. Each has one contract suite in tests/ports that every implementation passes."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec

from domain.events import NewEvent, RecordedEvent
from domain.geometry import Geometry


class StreamAppend(msgspec.Struct, frozen=True):
    """Events for one stream; `expected_version` None means any, 0 means the stream must not exist yet."""

    stream_id: UUID
    expected_version: int | None
    events: Sequence[NewEvent]


class Guard(msgspec.Struct, frozen=True):
    """Another stream whose version must not have changed for the append to hold."""

    stream_id: UUID
    version: int


class Append(msgspec.Struct, frozen=True):
    """All or nothing: every stream's events are appended, or none is."""

    streams: Sequence[StreamAppend]
    project_id: UUID
    actor_id: UUID
    guards: Sequence[Guard] = ()
    command_id: UUID | None = None
    causation_id: UUID | None = None
    correlation_id: UUID | None = None
    meta: Mapping[str, Any] = {}


class Appended(msgspec.Struct, frozen=True):
    """What became of an Append.

    `ok`: `position` is its last event's. `duplicate`: its event ids were there; `position` is the original one.
    `conflict`: nothing was written; `stream_id` names the stream that had moved and `version` where it stands.
    """

    status: Literal["ok", "duplicate", "conflict"]
    position: int
    stream_id: UUID
    version: int


class Head(msgspec.Struct, frozen=True):
    epoch: int
    position: int


class EventStore(Protocol):
    async def append(self, append: Append) -> Appended: ...
    async def read_stream(self, stream_id: UUID, after_version: int = 0) -> list[RecordedEvent]: ...
    async def read_log(self, after: int, limit: int, project_id: UUID | None = None) -> list[RecordedEvent]: ...
    async def head(self) -> Head: ...


class BlobStore(Protocol):
    """Bytes by name. Names are `kind/ab/<sha256>[.suffix]`, so a put is idempotent; exports are named by id."""

    async def put(self, name: str, content: bytes | Path) -> None: ...
    async def get(self, name: str) -> bytes: ...
    def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]: ...
    async def size(self, name: str) -> int | None: ...
    async def delete(self, name: str) -> None: ...
    async def fetch_to(self, name: str, target: Path) -> Path: ...


class TrainingSample(msgspec.Struct, frozen=True):
    """One labelled image. No shapes means a negative: it trains too. `group` never straddles a split."""

    image_id: UUID
    path: Path
    width: int
    height: int
    shapes: Sequence[tuple[int, Geometry]]
    """(class_index, geometry); class_index points into TrainingPlan.category_names."""
    group: str


class TrainingPlan(msgspec.Struct, frozen=True):
    train: Sequence[TrainingSample]
    """A picture that stands here several times is seen as often."""
    validation: Sequence[TrainingSample]
    category_names: Sequence[str]
    task: Literal["detect", "segment"]
    base_weights: str
    image_size: int
    epochs: int
    batch: int
    seed: int
    device: str
    work_dir: Path
    settings: Mapping[str, Any]
    """Everything else of the recipe (optimizer, lr0, freeze, ...), resolved: nothing is left to a library's default."""


class EpochMetrics(msgspec.Struct, frozen=True):
    epoch: int
    epochs: int
    values: Mapping[str, float]
    """box_loss, cls_loss, dfl_loss, seg_loss where masks are learned, learning_rate, and map50, map50_95, precision,
    recall where validated."""
    ap50_95_of_class: Mapping[int, float] = {}
    """By class index, of those that the validation pictures show."""


class TrainedWeights(msgspec.Struct, frozen=True):
    path: Path
    batch: int
    """The batch really used: an out-of-memory retry may have halved it."""
    notices: Sequence[str]
    versions: Mapping[str, str]


class Detection(msgspec.Struct, frozen=True):
    class_index: int
    geometry: Geometry
    confidence: float


Mirror = Literal["none", "horizontal", "vertical", "both"]
"""How a picture is turned over before a detector looks; the answer is in the coordinates of the one that was given."""


class Detector(Protocol):
    """Trains and predicts. Ultralytics (AGPL-3.0) is one implementation, in a process of its own."""

    name: str

    def train(self, plan: TrainingPlan, report: Callable[[EpochMetrics | str], None]) -> TrainedWeights: ...

    def predict(
        self,
        weights: Path,
        images: Iterable[tuple[UUID, Path]],
        *,
        image_size: int,
        batch: int,
        min_confidence: float,
        device: str,
        mirror: Mirror = "none",
    ) -> Iterator[tuple[UUID, list[Detection]]]:
        """Stream (image_id, detections) in input order; memory does not grow with the number of images."""
        ...


class Embedder(Protocol):
    name: str
    dim: int
    notice: str | None
    """Says plainly when this is the offline fallback and what is lost."""

    def embed_images(self, paths: Sequence[Path]) -> Sequence[memoryview]:
        """One L2-normalised float32 vector of `dim` per path."""
        ...

    def embed_text(self, text: str) -> memoryview | None:
        """The text's vector in the same space, or None where the model knows no text."""
        ...
