"""Writes a dataset as it was at a log position: streamed into a zip on disk, then into the blob store by its hash."""

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from adapters.blobs import export_name, original_name
from adapters.snapshot import Snapshot, read_snapshot
from domain.errors import InvalidInput, NotReady
from domain.events import ExportWritten
from worker.context import Completion, TaskContext
from worker.export.coco import write_coco
from worker.export.records import ExportAnnotation, ExportCategory, ExportImage, ExportPlan, FetchImage
from worker.export.yolo import write_yolo

WRITERS = {"yolo": write_yolo, "coco": write_coco}


async def run(context: TaskContext) -> Completion:
    """Payload: export_id, format, as_of_position, settings {states, include_images, split}."""
    format_: str = context.payload["format"]
    settings: dict[str, Any] = context.payload["settings"]
    if format_ not in WRITERS:
        raise InvalidInput(f"There is no export format {format_!r}.")
    context.report(0.0, "Reading the annotations")
    snapshot = await read_snapshot(
        context.pool, context.project_id, context.payload["as_of_position"], settings["states"]
    )
    if not snapshot.images:
        raise NotReady("There is nothing to export: no image was in one of the chosen states at that position.")
    plan = _plan(snapshot, settings)
    loop = asyncio.get_running_loop()
    fetched = 0

    def fetch(digest: str) -> bytes:
        nonlocal fetched
        try:
            content = asyncio.run_coroutine_threadsafe(context.blobs.get(original_name(digest)), loop).result()
        except FileNotFoundError as gone:
            raise NotReady(f"A picture's file is gone from the blob store: {digest}") from gone
        fetched += 1
        context.report(0.1 + 0.85 * fetched / len(plan.images), f"{fetched} of {len(plan.images)} pictures written")
        return content

    reader: FetchImage | None = fetch if settings["include_images"] else None
    target = context.work_dir / "export.zip"
    sha256, size = await asyncio.to_thread(_write, WRITERS[format_](plan, reader), target)
    name = export_name(sha256)
    await context.blobs.put(name, target)
    annotations = sum(len(image.annotations) for image in plan.images)
    written = ExportWritten(name, size, sha256, len(plan.images), annotations)
    result = {
        "export_id": context.payload["export_id"],
        "images": len(plan.images),
        "annotations": annotations,
        "size": size,
        "sha256": sha256,
    }
    return Completion(result, [(UUID(context.payload["export_id"]), None, [written])])


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
