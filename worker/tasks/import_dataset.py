"""Imports a labelled dataset: pictures registered, categories made as needed, one event with all labels per image.

What cannot be read is reported file by file and stops nothing. A dry run reads everything and changes nothing.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from adapters.archives import extract_all, open_zip
from adapters.blobs import upload_name
from adapters.bulk_append import append_in_bulk
from adapters.import_rows import KnownImage, already_imported, known_images
from adapters.ingest import IncomingImage, Read, register_images
from adapters.pictures import RefusedPicture, checked_file_name, inspect
from domain.commands import Name
from domain.errors import NotReady
from domain.events import AnnotationRecord, AnnotationsImported, CategoryAdded, NewEvent
from domain.execute import PROJECT, Decision, Look
from domain.ids import LOCAL_ACTOR, derived_id
from domain.ports import Append, StreamAppend
from domain.project import ProjectState, decide_add_category
from worker.context import Completion, TaskContext
from worker.import_.detect import layout_of, read_dataset
from worker.import_.records import ImportImage, ImportProblem, checked_shape

IMAGES_AT_ONCE = 50
PROBLEMS_TOLD = 1_000


async def run(context: TaskContext) -> Completion:
    """Payload: upload (SHA-256 of the zip), dry_run, state (the review state that imported images get)."""
    upload: str = context.payload["upload"]
    context.report(0.0, "Unpacking")
    archive = context.work_dir / "upload.zip"
    try:
        await context.blobs.fetch_to(upload_name(upload), archive)
    except FileNotFoundError as gone:
        raise NotReady("The uploaded dataset is gone from the blob store; upload it again.") from gone
    folder = context.work_dir / "dataset"
    refused = await asyncio.to_thread(_unpacked, archive, folder)
    layout = await asyncio.to_thread(layout_of, folder)
    items = await asyncio.to_thread(lambda: list(read_dataset(folder)))
    report = _Report([ImportProblem(name, reason) for name, reason in refused])
    report.problems += [item for item in items if isinstance(item, ImportProblem)]
    images = [item for item in items if isinstance(item, ImportImage)]
    importing = _Importing(context, report, dry_run=context.payload["dry_run"])
    await importing.prepare_categories(images)
    for start in range(0, len(images), IMAGES_AT_ONCE):
        await importing.take(images[start : start + IMAGES_AT_ONCE])
        done = min(start + IMAGES_AT_ONCE, len(images))
        context.report(0.1 + 0.9 * done / len(images), f"{done} of {len(images)} images")
    return Completion({"layout": layout, "dry_run": importing.dry_run, **report.told()})


class _Report:
    def __init__(self, problems: list[ImportProblem]) -> None:
        self.problems = problems
        self.registered = 0
        self.known = 0
        self.labelled = 0
        self.annotations = 0
        self.categories: list[str] = []

    def told(self) -> dict[str, Any]:
        return {
            "images_registered": self.registered,
            "images_known": self.known,
            "images_labelled": self.labelled,
            "annotations": self.annotations,
            "categories_created": self.categories,
            "problem_count": len(self.problems),
            "problems": [
                {"file_name": p.file_name[:500], "detail": p.detail[:500]} for p in self.problems[:PROBLEMS_TOLD]
            ],
        }


class _Importing:
    def __init__(self, context: TaskContext, report: _Report, *, dry_run: bool) -> None:
        self.context = context
        self.report = report
        self.dry_run = dry_run
        self.categories: dict[str, UUID] = {}
        """By case-folded name."""
        self.taken: set[UUID] = set()
        """Images that this import has labelled."""

    async def prepare_categories(self, images: Sequence[ImportImage]) -> None:
        state = await self.context.executor.load(PROJECT, self.context.project_id)
        self.categories = {c.name.casefold(): c.category_id for c in state.active_categories()}
        wanted = dict.fromkeys(name for image in images for name, _ in image.shapes)
        for name in wanted:
            if name.casefold() in self.categories or not _is_name(name):
                continue
            category_id = derived_id(self.context.job_id, f"category {name.casefold()}")
            if not self.dry_run:
                await self._add_category(category_id, name)
            self.categories[name.casefold()] = category_id
            self.report.categories.append(name)

    async def _add_category(self, category_id: UUID, name: str) -> None:
        async def decide(state: ProjectState, _look: Look) -> Decision:
            if category_id in state.categories:
                return Decision([])
            events = decide_add_category(state, category_id, name, None, None)
            assert all(isinstance(event, CategoryAdded) for event in events)
            return Decision(events, guards=[self.context.guard()])

        await self.context.executor.execute(
            PROJECT,
            self.context.project_id,
            decide,
            project_id=self.context.project_id,
            actor_id=LOCAL_ACTOR,
            causation_id=self.context.job_id,
        )

    async def take(self, images: Sequence[ImportImage]) -> None:
        digests = await self._register([image for image in images if image.path is not None])
        known = await known_images(
            self.context.pool,
            self.context.project_id,
            list(digests.values()),
            [image.file_name for image in images if image.path is None],
        )
        present = [*known.by_digest.values(), *known.by_name.values()]
        mine = await already_imported(self.context.pool, [self._event_id(one.image_id) for one in present])
        appends: list[Append] = []
        for image in images:
            there = known.by_digest.get(digests[image.path]) if image.path in digests else None
            if image.path is None:
                there = known.by_name.get(image.file_name)
                if there is None:
                    self._problem(image, "its picture is neither in the zip nor in the project")
                    continue
            if there is None and not (self.dry_run and image.path in digests):
                # Its picture was refused, which is reported already.
                continue
            if there is not None and there.image_id in self.taken:
                self._problem(image, "the same picture is in the zip twice; its labels were taken the first time")
                continue
            if there is not None:
                self.taken.add(there.image_id)
            ours = there is not None and self._event_id(there.image_id) in mine
            if (append := self._labels(image, there, ours=ours)) is not None:
                appends.append(append)
        if appends and not self.dry_run:
            async with self.context.pool.acquire() as connection:
                answers = await append_in_bulk(connection, appends)
            for append, answer in zip(appends, answers, strict=True):
                if answer.status == "conflict" and answer.stream_id == self.context.job_id:
                    raise NotReady("The job was cancelled or taken over while it was importing.")
                if answer.status == "conflict":
                    self.report.problems.append(
                        ImportProblem(str(append.streams[0].stream_id), "somebody changed the image meanwhile")
                    )

    async def _register(self, images: Sequence[ImportImage]) -> dict[Path, str]:
        """The pictures' digests by path; a dry run only looks whether they could be registered."""
        digests: dict[Path, str] = {}
        incoming: list[IncomingImage] = []
        for image in images:
            assert image.path is not None, "the caller chose those with a picture"
            content = await asyncio.to_thread(image.path.read_bytes)
            try:
                checked_file_name(image.file_name)
                inspected = await asyncio.to_thread(inspect, image.file_name, content)
            except RefusedPicture as refused:
                self._problem(image, str(refused))
                continue
            digests[image.path] = inspected.digest
            incoming.append(IncomingImage(image.file_name, _reader(content)))
        if self.dry_run:
            present = (
                await known_images(self.context.pool, self.context.project_id, list(digests.values()), [])
            ).by_digest
            fresh = set(digests.values()) - present.keys()
            self.report.registered += len(fresh)
            self.report.known += len(digests) - len(fresh)
        elif incoming:
            outcome = await register_images(
                self.context.pool,
                self.context.blobs,
                self.context.project_id,
                LOCAL_ACTOR,
                incoming,
                guards=[self.context.guard()],
            )
            self.report.registered += len(outcome.registered)
            self.report.known += len(outcome.duplicates)
        return digests

    def _labels(self, image: ImportImage, there: KnownImage | None, *, ours: bool) -> Append | None:
        """`there` is None in a dry run for a picture still to be registered; `ours`: an earlier attempt did it."""
        if there is not None and there.annotation_count and not ours:
            self._problem(
                image, f"the image has {there.annotation_count} annotations already; its labels were left out"
            )
            return None
        width, height = (there.width, there.height) if there else (image.width, image.height)
        if image.width and image.height and (image.width, image.height) != (width, height):
            detail = f"its labels are for {image.width} x {image.height} px, the picture has {width} x {height}"
            self._problem(image, detail)
            return None
        records: list[AnnotationRecord] = []
        owner = there.image_id if there else self.context.project_id
        for place, (name, geometry) in enumerate(image.shapes):
            category_id = self.categories.get(name.casefold())
            shape = checked_shape(geometry, width, height)
            if category_id is None:
                self._problem(image, f"annotation {place}: {name[:100]!r} cannot name a category")
            elif isinstance(shape, str):
                self._problem(image, f"annotation {place}: {shape}")
            else:
                # Of the dataset and the place in it: importing the same zip again recognises its own work.
                annotation_id = derived_id(owner, f"import {self.context.payload['upload']} {place}")
                records.append(AnnotationRecord(annotation_id, category_id, shape, "import"))
        self.report.labelled += 1
        self.report.annotations += len(records)
        if there is None or ours:
            return None
        imported = AnnotationsImported(tuple(records), self.context.payload["state"], self.context.payload["upload"])
        return Append(
            [StreamAppend(there.image_id, there.version, [NewEvent(self._event_id(there.image_id), imported)])],
            self.context.project_id,
            LOCAL_ACTOR,
            guards=[self.context.guard()],
            causation_id=self.context.job_id,
        )

    def _event_id(self, image_id: UUID) -> UUID:
        return derived_id(self.context.job_id, f"import {image_id}")

    def _problem(self, image: ImportImage, detail: str) -> None:
        self.report.problems.append(ImportProblem(image.file_name, detail))


def _unpacked(archive: Path, folder: Path) -> list[tuple[str, str]]:
    folder.mkdir()
    with open_zip(archive) as opened:
        return extract_all(opened, folder)


def _reader(content: bytes) -> Read:
    async def read() -> bytes:
        return content

    return read


def _is_name(name: str) -> bool:
    try:
        msgspec.convert(name, Name)
    except msgspec.ValidationError:
        return False
    return name.isprintable()
