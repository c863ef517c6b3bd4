"""Trains a run on the dataset that the log was at a position, measures it on held-out pictures, keeps its weights."""

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from adapters import training_rows
from adapters.blobs import weights_name
from adapters.held_out import HeldOutImage, store_held_out
from adapters.prediction_rows import require_fence, write_predictions
from adapters.snapshot import (
    IMAGES_AT_ONCE,
    Snapshot,
    SnapshotImage,
    audit_images_at,
    project_at,
    snapshot_batches,
    steady_connection,
)
from domain.errors import InvalidInput
from domain.events import Event, JobRequested, TrainingStarted, TrainingSucceeded
from domain.execute import TRAINING_RUN, Decision, Look
from domain.ids import LOCAL_ACTOR, derived_id
from domain.job import MAX_ATTEMPTS
from domain.ports import Detector, EpochMetrics, TrainedWeights, TrainingPlan, TrainingSample
from domain.run_metrics import HeldOut, RunMetrics
from domain.training import TrainingRunState
from worker.context import Completion, TaskContext
from worker.detectors import load_detector
from worker.held_out import earlier_held_out, look_at_held_out
from worker.labelled import FINISHED, LabelledSet, labelled_set
from worker.local_pictures import fetch_pictures
from worker.measure import run_metrics, unmeasured
from worker.proposals import fetch_teacher, proposed_samples
from worker.recipe import repeats_beside
from worker.scheme import Scheme, choose_scheme
from worker.second_opinion import label_opinions
from worker.starting_weights import fetch_base_weights, seen_by_base
from worker.trust import trust_in


async def run(context: TaskContext) -> Completion:
    return await _Training(context).run()


class _Training:
    def __init__(self, context: TaskContext) -> None:
        self.context = context
        self.run_id = UUID(context.payload["run_id"])
        self.position: int = context.payload["as_of_position"]
        self.base: str = context.payload["base_weights"]
        self.settings: Mapping[str, Any] = context.payload["settings"]
        self.started = time.monotonic()
        self.trainings = 1
        self.training = 0
        self.proposed: Sequence[TrainingSample] = ()
        self.loop = asyncio.get_running_loop()

    async def run(self) -> Completion:
        context = self.context
        context.report(0.0, "Reading the labelled images")
        snapshot, labelled = await self._labelled()
        detector = _detector(self.settings.get("detector", "ultralytics"))
        teacher = await fetch_teacher(context.pool, self.settings.get("teacher"))
        seen = teacher.seen if teacher else await seen_by_base(context.pool, self.base)
        scheme = choose_scheme(labelled, snapshot.project, self.settings, context.settings.device, seen)
        self.trainings = len(scheme.folds) + 1
        if teacher:
            self.proposed = await proposed_samples(context, detector, teacher, labelled, scheme)
            scheme = scheme.with_proposals(self.proposed, len(labelled.category_ids))
        paths = await fetch_pictures(context.blobs, labelled.images, context.work_dir / "pictures")
        base_weights = await fetch_base_weights(context, self.base, snapshot.project.task)
        await training_rows.forget_epochs(context.pool, self.run_id)
        await self._announce(labelled, scheme, base_weights)

        held_out: list[HeldOutImage] = []
        fold_weights: list[str] = []
        predicting_s = 0.0
        for number, (train, judged) in enumerate(scheme.folds, start=1):
            trained = await self._train(
                detector, scheme, labelled, train, paths, base_weights, f"fold {number} of {len(scheme.folds)}"
            )
            found, seconds = await asyncio.to_thread(
                look_at_held_out, detector, scheme, labelled, judged, paths, trained.path
            )
            held_out += found
            predicting_s += seconds
            fold_weights.append(await self._keep(trained))
        trained = await self._train(detector, scheme, labelled, scheme.final, paths, base_weights, "", scheme.audit)
        if scheme.audit:
            held_out, predicting_s = await asyncio.to_thread(
                look_at_held_out, detector, scheme, labelled, scheme.audit, paths, trained.path
            )

        context.report(0.97, "Measuring")
        metrics = await self._measured(
            labelled, scheme, held_out, tuple(fold_weights), predicting_s, snapshot.project.settings
        )
        digest = await self._keep(trained)
        notices = (*scheme.notices, *trained.notices)
        seconds = time.monotonic() - self.started
        succeeded = TrainingSucceeded(
            digest, msgspec.to_builtins(metrics), notices, dict(trained.versions), round(seconds, 3)
        )
        context.report(1.0, f"Trained on {len(labelled.images)} images in {seconds:.0f} s")
        result = {
            "run_id": str(self.run_id),
            "map50": metrics.map50,
            "map50_95": metrics.map50_95,
            "images": len(labelled.images),
            "seconds": round(seconds, 3),
        }
        return Completion(result, [(self.run_id, None, [succeeded]), *self._what_follows(snapshot)])

    async def _labelled(self) -> tuple[Snapshot, LabelledSet]:
        context = self.context
        async with steady_connection(context.pool) as connection:
            project = await project_at(connection, context.project_id, self.position)
            audit = await audit_images_at(connection, context.project_id, self.position)
            batches = snapshot_batches(connection, project, self.position, FINISHED)
            images = [image async for batch in batches for image in batch]
        snapshot = Snapshot(self.position, project, images)
        near = await training_rows.near_duplicate_groups(context.pool, [image.image_id for image in images])
        return snapshot, labelled_set(snapshot, near, audit)

    async def _announce(self, labelled: LabelledSet, scheme: Scheme, base_weights: str) -> None:
        resolved = {
            **self.settings,
            **scheme.settings,
            "base_weights": Path(base_weights).name,
            "images": len(labelled.images),
        }
        judged = {image.image_id for _, part in scheme.folds for image in part} | {i.image_id for i in scheme.audit}
        started = TrainingStarted(
            category_ids=labelled.category_ids,
            images=len(labelled.images),
            train_image_ids=tuple(image.image_id for image in scheme.final),
            validation_image_ids=tuple(sorted(judged)),
            settings=resolved,
            notices=scheme.notices,
        )

        async def decide(_state: TrainingRunState, _look: Look) -> Decision:
            return Decision([started], guards=[self.context.guard()])

        await self.context.executor.execute(
            TRAINING_RUN,
            self.run_id,
            decide,
            project_id=self.context.project_id,
            actor_id=LOCAL_ACTOR,
            causation_id=self.context.job_id,
        )

    async def _train(
        self,
        detector: Detector,
        scheme: Scheme,
        labelled: LabelledSet,
        train: Sequence[SnapshotImage],
        paths: Mapping[UUID, Path],
        base_weights: str,
        fold: str,
        validation: Sequence[SnapshotImage] = (),
    ) -> TrainedWeights:
        recipe = scheme.recipe_for(len(train), len(labelled.category_ids), len(self.proposed))
        folder = self.context.work_dir / (fold.replace(" ", "-") or "final")
        folder.mkdir()
        weights_dir = self.context.settings.weights_dir
        plan = TrainingPlan(
            train=[*labelled.samples(train, paths) * repeats_beside(len(train), len(self.proposed)), *self.proposed],
            validation=labelled.samples(validation, paths),
            category_names=labelled.category_names,
            task=scheme.task,
            base_weights=base_weights,
            image_size=scheme.image_size,
            epochs=recipe.epochs,
            batch=recipe.batch,
            seed=scheme.seed,
            device=scheme.device,
            work_dir=folder,
            settings=recipe.settings | ({"weights_dir": str(weights_dir)} if weights_dir else {}),
        )

        def report(news: EpochMetrics | str) -> None:
            self._tell(news, fold, labelled.category_ids)

        trained = await asyncio.to_thread(detector.train, plan, report)
        self.training += 1
        return trained

    async def _keep(self, trained: TrainedWeights) -> str:
        """The digest under which the weights lie in the blob store."""
        digest = await asyncio.to_thread(_sha256, trained.path)
        await self.context.blobs.put(weights_name(digest), trained.path)
        return digest

    def _tell(self, news: EpochMetrics | str, fold: str, category_ids: Sequence[UUID]) -> None:
        """From the training's thread."""
        done = self.training / self.trainings
        if isinstance(news, str):
            self.context.report(0.02 + 0.95 * done, news, news)
            return
        share = news.epoch / news.epochs / self.trainings
        losses = ", ".join(f"{name} {value:.3f}" for name, value in news.values.items() if name.endswith("loss"))
        where = f"{fold}, " if fold else ""
        message = f"{where}epoch {news.epoch} of {news.epochs}: {losses}"
        self.context.report(0.02 + 0.95 * (done + share), message, message)
        if not fold:
            values = {**news.values, **{f"ap50_95:{category_ids[c]}": ap for c, ap in news.ap50_95_of_class.items()}}
            written = training_rows.write_epoch(self.context.pool, self.run_id, news.epoch, values)
            asyncio.run_coroutine_threadsafe(written, self.loop).result()

    async def _measured(
        self,
        labelled: LabelledSet,
        scheme: Scheme,
        images: Sequence[HeldOutImage],
        fold_weights: tuple[str, ...],
        predicting_s: float,
        project_settings: Mapping[str, Any],
    ) -> RunMetrics:
        if not images:
            return unmeasured(len(labelled.images))
        context = self.context
        digest = await store_held_out(context.blobs, images)
        trust = await asyncio.to_thread(
            trust_in, images, labelled.category_ids, project_settings.get("target_precision", 0.9)
        )
        metrics = await asyncio.to_thread(
            run_metrics,
            images,
            HeldOut(scheme.kind, len(images), len(scheme.folds), digest, fold_weights),
            labelled.category_ids,
            labelled.category_names,
            trust,
            labelled_images=len(labelled.images),
            seconds_per_image=predicting_s / len(images),
            earlier=await earlier_held_out(context.pool, context.blobs, context.project_id, self.run_id),
        )
        opinions = await asyncio.to_thread(label_opinions, images, trust, metrics)
        for start in range(0, len(opinions), IMAGES_AT_ONCE):
            async with context.pool.acquire() as connection, connection.transaction():
                await require_fence(connection, context.guard())
                await write_predictions(
                    connection,
                    context.project_id,
                    self.run_id,
                    context.job_id,
                    opinions[start : start + IMAGES_AT_ONCE],
                )
        return metrics

    def _what_follows(self, snapshot: Snapshot) -> list[tuple[UUID, int | None, list[Event]]]:
        if not self.settings.get("then_predict"):
            return []
        payload = {
            "run_id": str(self.run_id),
            "mode": "suggest",
            "target_precision": snapshot.project.settings.get("target_precision", 0.9),
        }
        return [(derived_id(self.context.job_id, "predict"), 0, [JobRequested("predict", payload, 0, MAX_ATTEMPTS)])]


def _detector(name: str) -> Detector:
    try:
        return load_detector(name)
    except ValueError as unknown:
        raise InvalidInput(str(unknown)) from unknown


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
