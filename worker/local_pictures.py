"""Pictures of a job on this machine's disk, fetched from the blob store under names that image readers know."""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol
from uuid import UUID

from adapters.blobs import original_name
from domain.errors import NotReady
from domain.ports import BlobStore

FETCHED_AT_ONCE = 8


class Picture(Protocol):
    @property
    def image_id(self) -> UUID: ...
    @property
    def digest(self) -> str: ...
    @property
    def file_name(self) -> str: ...


async def fetch_pictures(blobs: BlobStore, pictures: Iterable[Picture], folder: Path) -> dict[UUID, Path]:
    """The files by image. Raises NotReady naming the picture whose file is gone."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    slots = asyncio.Semaphore(FETCHED_AT_ONCE)

    async def fetch(picture: Picture) -> tuple[UUID, Path]:
        target = folder / f"{picture.image_id}{suffix_of(picture.file_name)}"
        async with slots:
            try:
                return picture.image_id, await blobs.fetch_to(original_name(picture.digest), target)
            except FileNotFoundError as gone:
                raise NotReady(f"The file of {picture.file_name} is gone from the blob store.") from gone

    return dict(await asyncio.gather(*(fetch(picture) for picture in pictures)))


def suffix_of(file_name: str) -> str:
    suffix = PurePosixPath(file_name).suffix.lower()
    # A JPEG by another name, which detectors' loaders do not know.
    return ".jpg" if suffix == ".jfif" else suffix


def in_chunks(pictures: list[Picture], size: int) -> Iterator[list[Picture]]:
    for start in range(0, len(pictures), size):
        yield pictures[start : start + size]
