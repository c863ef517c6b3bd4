"""A project in the real database, and tasks run in this process with a detector whose every answer is known."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from adapters.blobs import open_blob_store, weights_name
from adapters.clock import new_id
from adapters.event_store import PostgresEventStore
from adapters.held_out import HeldOutImage, store_held_out
from adapters.ingest import IncomingImage, register_images
from adapters.jobs import JobBoard
from adapters.object_blobs import ObstoreBlobStore
from adapters.settings import Settings
from domain import commands as c
from domain.events import (
    Event,
    JobRequested,
    JobSucceeded,
    NewEvent,
    ProjectCreated,
    TrainingRequested,
    TrainingStarted,
    TrainingSucceeded,
)
from domain.execute import IMAGE, JOB, PROJECT, TRAINING_RUN, Aggregate, Decision, Executor
from domain.geometry import Box
from domain.ids import LOCAL_ACTOR
from domain.image_decisions import ImageContext, decide
from domain.ports import Append, Detection, StreamAppend, TrainedWeights, TrainingPlan
from domain.project import decide_add_category
from tests.builders import picture
from worker.context import Completion, Task, TaskContext
from worker.tasks import train

Answer = Callable[[UUID], list[Detection]]


SURE, UNSURE = Box(10, 10, 20, 20), Box(40, 8, 12, 16)


class KnownDetector:
    """The Detector port with answers from a function."""

    name = "known"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def train(self, plan: Any, report: Any) -> Any:
        raise AssertionError("nothing is trained here")

    def predict(
        self, weights: Path, images: Iterable[tuple[UUID, Path]], *, min_confidence: float, **_: Any
    ) -> Iterator[tuple[UUID, list[Detection]]]:
        assert weights.read_bytes() == b"weights"
        for image_id, path in images:
            assert path.exists()
            yield image_id, [d for d in self.answer(image_id) if d.confidence >= min_confidence]


class LearningDetector(KnownDetector):
    """Keeps what it is told to learn from."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.plans: list[TrainingPlan] = []

    def train(self, plan: TrainingPlan, report: Any) -> TrainedWeights:
        self.plans.append(plan)
        weights = plan.work_dir / "last.pt"
        weights.write_bytes(b"weights")
        return TrainedWeights(weights, plan.batch, [], {})


class Scene:
    def __init__(
        self, settings: Settings, pool: asyncpg.Pool, store: PostgresEventStore, blobs: ObstoreBlobStore
    ) -> None:
        self.settings, self.pool, self.store, self.blobs = settings, pool, store, blobs
        self.executor = Executor(store, new_id)
        self.board = JobBoard(pool, pool, self.executor, "test", 30)
        self.project_id = new_id()
        self.categories: list[UUID] = []

    async def append(self, aggregate: Aggregate[Any], stream_id: UUID, *events: Event) -> None:
        async def decided(_state: Any, _look: Any) -> Decision:
            return Decision(events)

        await self.executor.load(aggregate, stream_id)
        await self.executor.execute(aggregate, stream_id, decided, project_id=self.project_id, actor_id=LOCAL_ACTOR)

    async def category(self, name: str) -> UUID:
        category_id = new_id()
        state = await self.executor.load(PROJECT, self.project_id)
        await self.append(PROJECT, self.project_id, *decide_add_category(state, category_id, name, None, None))
        self.categories.append(category_id)
        return category_id

    async def images(self, count: int, first: int = 0) -> list[UUID]:
        def reader(seed: int) -> Any:
            async def read() -> bytes:
                return picture(seed)

            return read

        incoming = [IncomingImage(f"{seed}.png", reader(seed)) for seed in range(first, first + count)]
        done = await register_images(self.pool, self.blobs, self.project_id, LOCAL_ACTOR, incoming)
        return [one.id for one in done.registered]

    async def edit(self, image_id: UUID, *commands: c.ImageCommand) -> None:
        """As a person does."""
        project = await self.executor.load(PROJECT, self.project_id)
        state = await self.executor.load(IMAGE, image_id)
        rows = await self.pool.fetch(
            "SELECT prediction_id, run_id, category_id, x, y, width, height, confidence FROM predictions "
            "WHERE image_id = $1 AND state = 'open'",
            image_id,
        )
        predictions = {r[0]: c.Prediction(r[0], r[1], r[2], Box(r[3], r[4], r[5], r[6]), r[7]) for r in rows}
        events = decide(state, commands, ImageContext(project, LOCAL_ACTOR, predictions))
        await self.append(IMAGE, image_id, *events)

    async def draw(self, image_id: UUID, box: Box, category_id: UUID) -> UUID:
        annotation_id = new_id()
        await self.edit(image_id, c.DrawAnnotation(annotation_id, category_id, box))
        return annotation_id

    async def run(
        self,
        held_out: Sequence[HeldOutImage] = (),
        metrics: Callable[[str], Any] | None = None,
        learned_from: Sequence[UUID] = (),
    ) -> UUID:
        """A succeeded training run whose weights are a word."""
        run_id = new_id()
        await self.blobs.put(weights_name("f" * 64), b"weights")
        digest = await store_held_out(self.blobs, held_out)
        settings = {"image_size": 64, "detector": "known"}
        await self.append(
            TRAINING_RUN,
            run_id,
            TrainingRequested(new_id(), "yolov8n.pt", 1, settings),
            TrainingStarted(tuple(self.categories), 0, tuple(learned_from), (), settings, ()),
            TrainingSucceeded("f" * 64, metrics(digest) if metrics else UNMEASURED, (), {}, 1.0),
        )
        return run_id

    async def start(self, kind: str, payload: dict[str, Any], work_dir: Path) -> TaskContext:
        job_id = new_id()
        await self.append(JOB, job_id, JobRequested(kind, payload, 0, 3))
        claimed = await self.board.claim(job_id)
        assert claimed is not None
        return TaskContext(
            settings=self.settings,
            pool=self.pool,
            store=self.store,
            executor=Executor(self.store, new_id),
            blobs=self.blobs,
            job_id=job_id,
            project_id=self.project_id,
            payload=payload,
            fence=claimed.fence,
            attempt=1,
            work_dir=work_dir,
            report=lambda progress, message, log=None: None,
            until_end=AsyncExitStack(),
        )

    async def complete(self, task: Task, context: TaskContext) -> Completion:
        """Run the task and append its end, as worker.child does."""
        completion = await task(context)
        parts = [(context.job_id, context.fence, [JobSucceeded(dict(completion.result))]), *completion.also]
        streams = [StreamAppend(s, v, [NewEvent(new_id(), e) for e in events]) for s, v, events in parts]
        appended = await self.store.append(Append(streams, self.project_id, LOCAL_ACTOR))
        assert appended.status == "ok"
        return completion


UNMEASURED = {
    "map50": None, "map50_95": None, "precision": None, "recall": None, "images": 0, "labelled_images": 0,
    "held_out": None, "interval": {"map50": {"low": None, "high": None}, "map50_95": {"low": None, "high": None}},
    "per_category": [],
}  # fmt: skip


@pytest_asyncio.fixture
async def scene(
    empty_settings: Settings, pool: asyncpg.Pool, store: PostgresEventStore, tmp_path: Path
) -> AsyncIterator[Scene]:
    made = Scene(empty_settings, pool, store, open_blob_store((tmp_path / "blobs").as_uri()))
    await made.append(PROJECT, made.project_id, ProjectCreated("Scene", "", "detect"))
    yield made


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> LearningDetector:
    """What trainings train; it sees a sure box and an unsure one on every picture."""
    known = LearningDetector(lambda _image: [Detection(0, SURE, 0.9), Detection(0, UNSURE, 0.3)])
    monkeypatch.setattr(train, "load_detector", lambda _name: known)
    return known
