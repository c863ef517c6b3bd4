"""An erasure beside an upload of the same picture, and beside an export of it.

Nobody loses the bytes of what was sent again, and nothing of what was erased comes to lie in the store.
"""

import asyncio
import hashlib
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from adapters.blobs import export_name, original_name
from adapters.clock import new_id
from adapters.erasure import erase_traces, registered_as
from adapters.ingest import IncomingImage, register_images
from adapters.local_blobs import LocalBlobStore
from adapters.object_blobs import ObstoreBlobStore
from domain.commands import Submit
from domain.events import ExportRequested, ImageErased, ProjectCreated
from domain.execute import EXPORT, IMAGE, PROJECT
from domain.geometry import Box
from domain.ids import LOCAL_ACTOR
from tests.builders import picture
from tests.worker.loop.conftest import Scene
from worker.context import TaskContext
from worker.tasks import export

SEED = 7
SAME = picture(SEED)
NAME = original_name(hashlib.sha256(SAME).hexdigest())
WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"


class Pausing(LocalBlobStore):
    """The scene's blobs, for one who stops at a blob until the test lets it go on."""

    def __init__(self, folder: Path, *, after_put: str = "", after_get: str = "", before_delete: str = "") -> None:
        super().__init__(folder / "blobs")
        self.after_put, self._after_get, self._before_delete = after_put, after_get, before_delete
        self.stopped, self.go_on = asyncio.Event(), asyncio.Event()

    async def put(self, name: str, content: bytes | Path) -> None:
        await super().put(name, content)
        if name == self.after_put:
            await self._stop()

    async def get(self, name: str) -> bytes:
        content = await super().get(name)
        if name == self._after_get:
            await self._stop()
        return content

    async def delete(self, name: str) -> None:
        if name == self._before_delete:
            await self._stop()
        await super().delete(name)

    async def _stop(self) -> None:
        self.stopped.set()
        await self.go_on.wait()


async def erased(scene: Scene, image_id: UUID, blobs: ObstoreBlobStore) -> None:
    """As the route does it."""
    digest, file_name = await registered_as(scene.pool, image_id)
    await scene.append(IMAGE, image_id, ImageErased(()))
    await erase_traces(scene.pool, blobs, scene.project_id, image_id, digest, file_name)


async def sent(scene: Scene, project_id: UUID, blobs: ObstoreBlobStore) -> UUID:
    async def read() -> bytes:
        return SAME

    (image,) = (
        await register_images(scene.pool, blobs, project_id, LOCAL_ACTOR, [IncomingImage("again.png", read)])
    ).registered
    return image.id


async def until_it_ends_or_waits(scene: Scene, task: asyncio.Task[None] | asyncio.Task[UUID]) -> None:
    async with asyncio.timeout(60):
        while not task.done() and not await scene.pool.fetchval(WAITING):
            await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def elsewhere(scene: Scene) -> UUID:
    """Another project."""
    project_id = new_id()
    await scene.append(PROJECT, project_id, ProjectCreated("Elsewhere", "", "detect"))
    return project_id


async def test_a_picture_sent_while_its_bytes_are_being_erased_keeps_them(scene: Scene, tmp_path: Path) -> None:
    (image,) = await scene.images(1, first=SEED)
    pausing = Pausing(tmp_path, before_delete=NAME)
    erasing = asyncio.create_task(erased(scene, image, pausing))
    await pausing.stopped.wait()
    sending = asyncio.create_task(sent(scene, scene.project_id, scene.blobs))
    await until_it_ends_or_waits(scene, sending)
    pausing.go_on.set()
    await asyncio.gather(erasing, sending)
    assert await scene.blobs.get(NAME) == SAME


@pytest.mark.parametrize("same_project", [True, False])
async def test_a_picture_that_was_stored_and_not_yet_registered_survives_the_erasure_of_its_twin(
    scene: Scene, elsewhere: UUID, tmp_path: Path, same_project: bool
) -> None:
    (image,) = await scene.images(1, first=SEED)
    pausing = Pausing(tmp_path, after_put=NAME)
    sending = asyncio.create_task(sent(scene, scene.project_id if same_project else elsewhere, pausing))
    await pausing.stopped.wait()
    await erased(scene, image, scene.blobs)
    pausing.go_on.set()
    again = await sending
    assert again != image
    assert await scene.blobs.get(NAME) == SAME


async def requested(scene: Scene, work_dir: Path, blobs: ObstoreBlobStore) -> tuple[UUID, UUID, TaskContext]:
    """(the image that will be erased, export, its job's context) of two submitted images."""
    red = await scene.category("red")
    images = [*await scene.images(1, first=SEED), *await scene.images(1, first=SEED + 1)]
    for image in images:
        await scene.draw(image, Box(1, 2, 10, 10), red)
        await scene.edit(image, Submit())
    export_id, position = new_id(), (await scene.store.head()).position
    settings = {"states": ["submitted"], "include_images": True, "split": 0.0}
    await scene.append(EXPORT, export_id, ExportRequested(new_id(), "yolo", position, settings))
    payload = {"export_id": str(export_id), "format": "yolo", "as_of_position": position, "settings": settings}
    context = await scene.start("export", payload, work_dir)
    return images[0], export_id, TaskContext(**{**vars(context), "blobs": blobs})


async def exported(scene: Scene, context: TaskContext) -> None:
    async with context.until_end:
        await scene.complete(export.run, context)


def left(folder: Path) -> list[str]:
    """Files in the store that hold the picture."""
    return [path.name for path in (folder / "blobs").rglob("*") if path.is_file() and SAME in path.read_bytes()]


async def test_an_export_whose_picture_is_erased_while_it_is_written_is_written_anew(
    scene: Scene, tmp_path: Path
) -> None:
    pausing = Pausing(tmp_path, after_get=NAME)
    image, export_id, context = await requested(scene, tmp_path, pausing)
    exporting = asyncio.create_task(exported(scene, context))
    await pausing.stopped.wait()
    await erased(scene, image, scene.blobs)
    pausing.go_on.set()
    await exporting
    assert left(tmp_path) == []
    row = await scene.pool.fetchrow("SELECT state, images, blob FROM exports WHERE export_id = $1", export_id)
    assert row is not None
    assert (row["state"], row["images"]) == ("succeeded", 1)
    assert await scene.blobs.size(row["blob"])


async def test_an_export_that_is_being_told_of_goes_with_the_erasure_of_its_picture(
    scene: Scene, tmp_path: Path
) -> None:
    pausing = Pausing(tmp_path)
    image, export_id, context = await requested(scene, tmp_path, pausing)
    pausing.after_put = export_name(export_id)
    exporting = asyncio.create_task(exported(scene, context))
    await pausing.stopped.wait()
    assert len(left(tmp_path)) == 2
    erasing = asyncio.create_task(erased(scene, image, scene.blobs))
    await until_it_ends_or_waits(scene, erasing)
    pausing.go_on.set()
    await asyncio.gather(exporting, erasing)
    assert left(tmp_path) == []


async def test_the_file_of_an_export_that_died_before_it_was_told_of_goes_with_the_erasure(
    scene: Scene, tmp_path: Path
) -> None:
    pausing = Pausing(tmp_path)
    image, export_id, context = await requested(scene, tmp_path, pausing)
    pausing.after_put = export_name(export_id)
    exporting = asyncio.create_task(exported(scene, context))
    await pausing.stopped.wait()
    exporting.cancel()
    await asyncio.wait([exporting])
    assert len(left(tmp_path)) == 2
    await erased(scene, image, scene.blobs)
    assert left(tmp_path) == []
