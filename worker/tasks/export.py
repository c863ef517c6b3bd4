"""Writes a dataset as it was at a log position: streamed into a zip on disk, then into the blob store."""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

from adapters.blobs import export_name, original_name
from adapters.image_rows import any_erased
from adapters.safekeeping import exports_of, kept_from_erasure
from adapters.snapshot import Snapshot, read_snapshot
from domain.errors import InvalidInput, NotReady
from domain.events import ExportWritten
from worker.context import Completion, TaskContext
from worker.export.coco import write_coco
from worker.export.records import ExportAnnotation, ExportCategory, ExportImage, ExportPlan, FetchImage
from worker.export.yolo import write_yolo

Writer = Callable[[ExportPlan, FetchImage | None], Iterator[bytes]]
WRITERS: dict[str, Writer] = {"yolo": write_yolo, "coco": write_coco}


async def run(context: TaskContext) -> Completion:
    """Payload: export_id, format, as_of_position, settings {states, include_images, split}."""
    format_: str = context.payload["format"]
    settings: dict[str, Any] = context.payload["settings"]
    if format_ not in WRITERS:
        raise InvalidInput(f"There is no export format {format_!r}.")
    export_id = UUID(context.payload["export_id"])
    plan, sha256, size = await _written(context, WRITERS[format_], settings)
    annotations = sum(len(image.annotations) for image in plan.images)
    written = ExportWritten(export_name(export_id), size, sha256, len(plan.images), annotations)
    result = {
        "export_id": str(export_id),
        "images": len(plan.images),
        "annotations": annotations,
        "size": size,
        "sha256": sha256,
    }
    context.report(1.0, f"{len(plan.images)} images and {annotations} annotations written")
    return Completion(result, [(export_id, None, [written])])


async def _written(context: TaskContext, write: Writer, settings: dict[str, Any]) -> tuple[ExportPlan, str, int]:
    """What is in the stored file, its SHA-256 and its size, bytes.

    Begun anew when a picture of it was erased meanwhile; then no erasure ends until the log tells of the file.
    """
    target = context.work_dir / "export.zip"
    while True:
        context.report(0.0, "Reading the annotations")
        snapshot = await read_snapshot(
            context.pool, context.project_id, context.payload["as_of_position"], settings["states"]
        )
        if not snapshot.images:
            raise NotReady("There is nothing to export: no image was in one of the chosen states at that position.")
        plan = _plan(snapshot, settings)
        reader = _reader(context, len(plan.images)) if settings["include_images"] else None
        sha256, size = "", -1
        with contextlib.suppress(FileNotFoundError):
            sha256, size = await asyncio.to_thread(_write, write(plan, reader), target)
        async with AsyncExitStack() as keeping:
            connection = await keeping.enter_async_context(
                kept_from_erasure(context.pool, [exports_of(context.project_id)])
            )
            if await any_erased(connection, [image.image_id for image in plan.images]):
                continue
            if size < 0:
                raise NotReady("A picture's file is gone from the blob store.")
            await context.blobs.put(export_name(UUID(context.payload["export_id"])), target)
            context.until_end.push_async_exit(keeping.pop_all())
            return plan, sha256, size


def _reader(context: TaskContext, pictures: int) -> FetchImage:
    loop, fetched = asyncio.get_running_loop(), 0

    def fetch(digest: str) -> bytes:
        nonlocal fetched
        content = asyncio.run_coroutine_threadsafe(context.blobs.get(original_name(digest)), loop).result()
        fetched += 1
        context.report(0.1 + 0.85 * fetched / pictures, f"{fetched} of {pictures} pictures written")
        return content

    return fetch


def _plan(snapshot: Snapshot, settings: dict[str, Any]) -> ExportPlan:
    images = [
        ExportImage(
            image.image_id,
            image.file_name,
            image.digest,
            image.width,
            image.height,
            image.state,
            [
                ExportAnnotation(one.annotation_id, one.category_id, one.geometry, one.source, one.confidence)
                for one in image.annotations
            ],
        )
        for image in snapshot.images
    ]
    project = snapshot.project
    return ExportPlan(
        project_id=project.project_id,
        project_name=project.name,
        position=snapshot.position,
        categories=[ExportCategory(c.category_id, c.name, c.color) for c in project.active_categories()],
        images=images,
        task=project.task,
        include_images=settings["include_images"],
        validation_share=settings["split"],
        settings=settings,
    )


def _write(chunks: Iterator[bytes], target: Path) -> tuple[str, int]:
    digest = hashlib.sha256()
    with target.open("wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
        size = file.tell()
    return digest.hexdigest(), size
