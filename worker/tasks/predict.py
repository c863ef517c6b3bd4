"""A run over many pictures: a stream of batches, each written whole under the fence, memory flat."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from adapters import prediction_rows, training_rows
from adapters.blobs import weights_name
from adapters.bulk_append import append_in_bulk
from adapters.held_out import load_held_out
from adapters.prediction_history_rows import reviewed_at_random
from adapters.prediction_rows import ImageToPredict, LostFence, PredictedImage, require_fence, write_predictions
from domain.errors import NotFound, NotReady
from domain.events import AnnotationRecord, Event, NewEvent, PredictionsRecorded
from domain.execute import IMAGE, PROJECT
from domain.ids import LOCAL_ACTOR, derived_id
from domain.image import ImageState, evolve
from domain.image_decisions import decide_acceptance, decide_withdrawal
from domain.ports import Append, Guard, StreamAppend
from domain.project import ProjectState
from domain.run_metrics import RunMetrics
from worker.advice import stop_advice
from worker.afterwards import agreement_with_previous, mark_probably_missed
from worker.context import Completion, TaskContext
from worker.detectors import load_detector
from worker.local_pictures import fetch_pictures
from worker.looks import PLAIN, Looked, Looks, views_of
from worker.measure import promised
from worker.predicting import Rules, predicted_image, rules_for
from worker.scheme import resolved_device
from worker.trust import Trust, trust_in

BATCH = 16
WRITTEN_AT_ONCE = 64
LEAST_CONFIDENCE = 0.01
"""Below what selection looks at, above pure noise: expected misses are counted from here."""


async def run(context: TaskContext) -> Completion:
    """Payload: run_id, mode, target_precision, min_confidence?, quality?, device?, states?, image_ids?."""
    payload = context.payload
    accepting, fused = payload["mode"] == "accept", payload.get("quality") == "high"
    row = await _run_row(context)
    category_ids = msgspec.json.decode(row["category_ids"], type=list[UUID])
    metrics = msgspec.json.decode(row["metrics"], type=RunMetrics) if row["metrics"] else None
    settings = msgspec.json.decode(row["settings"])
    images = await _wanted(context, accepting)
    trust = await _trust(context, row, metrics, category_ids)
    rules = rules_for(trust, category_ids, accepting=accepting, min_confidence=payload.get("min_confidence"))
    done = await prediction_rows.predicted_by(context.pool, context.job_id)
    waiting = [image for image in images if image.image_id not in done]
    counts = {"accepted_images": 0, "left_alone": 0}
    if waiting:
        context.report(0.0, f"0 of {len(images)} pictures")
        digests = [row["weights_digest"]]
        if fused and metrics and metrics.held_out:
            digests += metrics.held_out.fold_weights
        looks = Looks(
            load_detector(settings.get("detector", "ultralytics")),
            [await _weights(context, digest) for digest in digests],
            views_of(settings) if fused else PLAIN,
            settings["image_size"],
            resolved_device(payload.get("device") or context.settings.device),
            BATCH,
            LEAST_CONFIDENCE,
        )
        finished = len(done)
        for start in range(0, len(waiting), WRITTEN_AT_ONCE):
            part = waiting[start : start + WRITTEN_AT_ONCE]
            looked = await _looked(context, looks, part)
            predicted = [
                predicted_image(image, one.fused, context.job_id, rules, one.agreement)
                for image, one in zip(part, looked, strict=True)
            ]
            accepted = await _write(context, UUID(payload["run_id"]), part, predicted, accepting)
            counts["accepted_images"] += accepted
            counts["left_alone"] += len(part) - accepted if accepting else 0
            finished += len(part)
            context.report(0.95 * finished / len(images), f"{finished} of {len(images)} pictures")
    return await _completion(context, rules, trust, len(images), counts)


async def _run_row(context: TaskContext) -> asyncpg.Record:
    row = await training_rows.fetch_run(context.pool, UUID(context.payload["run_id"]))
    if row is None or row["project_id"] != context.project_id:
        raise NotFound("There is no such training run in this project.")
    if row["weights_digest"] is None:
        raise NotReady(f"The training run is {row['state']}; it has no weights.")
    return row


async def _wanted(context: TaskContext, accepting: bool) -> list[ImageToPredict]:
    states = context.payload.get("states") or (["unlabelled", "auto"] if accepting else prediction_rows.TO_REVIEW)
    ids = context.payload.get("image_ids")
    chosen = None if ids is None else [UUID(image_id) for image_id in ids]
    return await prediction_rows.images_to_predict(context.pool, context.project_id, states, chosen)


async def _trust(
    context: TaskContext, run: asyncpg.Record, metrics: RunMetrics | None, category_ids: Sequence[UUID]
) -> Trust | None:
    """Reckoned anew for this job's target, and with what people have decided since about pictures drawn at random."""
    if metrics is None or metrics.held_out is None:
        return None
    try:
        held_out = await load_held_out(context.blobs, metrics.held_out.digest)
    except FileNotFoundError as gone:
        raise NotReady("What the run found on its held-out pictures is gone from the blob store.") from gone
    target, quality = context.payload["target_precision"], context.payload.get("quality") or "fast"
    reviewed = await reviewed_at_random(context.pool, context.project_id, run["run_id"], quality, run["as_of_position"])
    return await asyncio.to_thread(
        lambda: trust_in(held_out, category_ids, target, fused=quality == "high", reviewed=reviewed)
    )


async def _weights(context: TaskContext, digest: str) -> Path:
    try:
        return await context.blobs.fetch_to(weights_name(digest), context.work_dir / f"{digest}.pt")
    except FileNotFoundError as gone:
        raise NotReady("The run's weights are gone from the blob store.") from gone


async def _looked(context: TaskContext, looks: Looks, images: Sequence[ImageToPredict]) -> list[Looked]:
    """The files are fetched for these pictures and removed again."""
    paths = await fetch_pictures(context.blobs, images, context.work_dir / "pictures")
    try:
        looked = await asyncio.to_thread(looks.at, [(image.image_id, paths[image.image_id]) for image in images])
    finally:
        await asyncio.to_thread(_remove, paths)
    return [looked[image.image_id] for image in images]


async def _write(
    context: TaskContext,
    run_id: UUID,
    images: Sequence[ImageToPredict],
    predicted: Sequence[PredictedImage],
    accepting: bool,
) -> int:
    """How many images had boxes accepted. Rows and acceptances are one transaction, refused once the fence moved."""
    while (accepted := await _write_guarded(context, run_id, images, predicted, accepting)) is None:
        pass
    return accepted


async def _write_guarded(
    context: TaskContext,
    run_id: UUID,
    images: Sequence[ImageToPredict],
    predicted: Sequence[PredictedImage],
    accepting: bool,
) -> int | None:
    """None, with nothing written, when the project changed meanwhile: one of its categories may be gone."""
    project = await context.executor.load(PROJECT, context.project_id)
    predicted = [_removed_open(image, project) for image in predicted]
    appends = await _acceptances(context, run_id, images, predicted, project) if accepting else {}
    async with context.pool.acquire() as connection, connection.transaction():
        taken: set[UUID] = set()
        if appends:
            # First, because it takes the log's head lock: no lock is held while waiting for that one.
            answers = await append_in_bulk(connection, list(appends.values()))
            for image_id, answer in zip(appends, answers, strict=True):
                if answer.status != "conflict":
                    taken.add(image_id)
                elif answer.stream_id == context.job_id:
                    raise LostFence("The job has lost its lease or was cancelled.")
                elif answer.stream_id == context.project_id:
                    return None
        else:
            await require_fence(connection, context.guard())
        kept = [image if image.image_id in taken else _all_open(image) for image in predicted]
        await write_predictions(connection, context.project_id, run_id, context.job_id, kept)
    return len(taken)


def _all_open(image: PredictedImage) -> PredictedImage:
    """An image that a person has changed meanwhile, or where nothing is accepted: suggestions at most."""
    opened = [msgspec.structs.replace(one, state="open") for one in image.predictions]
    return msgspec.structs.replace(image, predictions=opened)


def _removed_open(image: PredictedImage, project: ProjectState) -> PredictedImage:
    """Nothing of a removed category is accepted: it would be on the image and never seen."""
    kept = [
        msgspec.structs.replace(one, state="open")
        if one.state == "accepted" and project.resolved(one.category_id) is None
        else one
        for one in image.predictions
    ]
    return msgspec.structs.replace(image, predictions=kept)


async def _acceptances(
    context: TaskContext,
    run_id: UUID,
    images: Sequence[ImageToPredict],
    predicted: Sequence[PredictedImage],
    project: ProjectState,
) -> dict[UUID, Append]:
    """One append per image that gets something, at the version the image had when the job began."""
    appends: dict[UUID, Append] = {}
    for image, one in zip(images, predicted, strict=True):
        records = [
            AnnotationRecord(
                annotation_id=new.prediction_id,
                category_id=new.category_id,
                geometry=new.geometry,
                source="model",
                confidence=new.confidence,
                prediction_id=new.prediction_id,
                run_id=run_id,
            )
            for new in one.predictions
            if new.state == "accepted"
        ]
        events = await _events_of(context, run_id, image, records)
        if events:
            numbered = [
                NewEvent(derived_id(context.job_id, f"{image.image_id} event {n}"), event)
                for n, event in enumerate(events)
            ]
            appends[image.image_id] = Append(
                [StreamAppend(image.image_id, image.version, numbered)],
                context.project_id,
                LOCAL_ACTOR,
                guards=[context.guard(), Guard(project.project_id, project.version)],
                causation_id=context.job_id,
            )
    return appends


async def _events_of(
    context: TaskContext, run_id: UUID, image: ImageToPredict, records: Sequence[AnnotationRecord]
) -> list[Event]:
    state = ImageState(
        image.image_id, image.version, image.width, image.height, human_version=image.human_version,
        state="auto" if image.state == "auto" else "unlabelled" if image.state == "unlabelled" else "in_progress",
    )  # fmt: skip
    earlier: list[Event] = []
    if image.state == "auto":
        # A newer run replaces what an older one accepted, instead of adding to it.
        state = await context.executor.load(IMAGE, image.image_id)
        if state.version != image.version:
            return []
        earlier = decide_withdrawal(state, context.job_id, run_id, set(state.annotations))
        for event in earlier:
            state = evolve(state, state.version + 1, LOCAL_ACTOR, event)
    return [*earlier, *(decide_acceptance(state, run_id, context.job_id, records) if records else [])]


async def _completion(
    context: TaskContext,
    rules: Rules,
    trust: Trust | None,
    images: int,
    counts: Mapping[str, int],
) -> Completion:
    payload = context.payload
    run_id = UUID(payload["run_id"])
    predicted, count, digest = await prediction_rows.prediction_totals(context.pool, context.job_id)
    accepted_boxes = await context.pool.fetchval(
        "SELECT count(*) FROM predictions WHERE job_id = $1 AND state = 'accepted'", context.job_id
    )
    context.report(0.95, "Looking for what was missed")
    missed = await mark_probably_missed(context, run_id)
    agreement = await agreement_with_previous(context, run_id)
    thresholds = {str(c): t for c, t in rules.accepted_from.items() if t is not None}
    recorded = PredictionsRecorded(run_id, context.job_id, predicted, count, digest, payload["mode"], thresholds)
    result: dict[str, Any] = {
        "run_id": payload["run_id"],
        "mode": payload["mode"],
        "images": images,
        "predictions": count,
        "accepted_boxes": accepted_boxes,
        **counts,
        "target_precision": payload["target_precision"],
        "promises": {
            str(c): msgspec.to_builtins(promised(promise)) for c, promise in (trust.promises if trust else {}).items()
        },
        "shown_from": {str(c): threshold for c, threshold in rules.shown_from.items()},
        "probably_missed": missed,
        "agreement_with_previous": agreement,
        "stop_advice": await stop_advice(context.pool, context.project_id, run_id, context.job_id, agreement),
    }
    context.report(1.0, f"{count} predictions on {images} pictures; {accepted_boxes} accepted")
    return Completion(result, [(run_id, None, [recorded])])


def _remove(paths: Mapping[UUID, Path]) -> None:
    for path in paths.values():
        path.unlink(missing_ok=True)
