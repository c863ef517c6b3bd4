"""The pictures that runs of one project were all measured on, each with what every run found there."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from adapters import image_rows
from adapters.held_out import HeldOutImage
from api.images import ThumbnailShape
from api.paging import After, Limit, Page, page_of
from api.routing import get
from api.run_comparison import comparable_runs, held_out_of
from api.services import Services
from domain.errors import InvalidInput, Problem
from domain.evaluation import matches
from domain.geometry import Box

IOU = 0.5


class PictureOfRun(msgspec.Struct):
    run_id: UUID
    shapes: list[ThumbnailShape]
    missed: int
    """Labels that no box of this run covers."""
    wrong: int
    """Boxes of this run that cover no label."""


class ComparedPicture(msgspec.Struct):
    image_id: UUID
    file_name: str
    width: int
    height: int
    labels: list[ThumbnailShape]
    """As the newest of the runs had them."""
    runs: list[PictureOfRun]


Least = Annotated[float, QueryParameter(ge=0, le=1, description="Boxes at least this sure count.")]


@get("/api/training-runs/compare/pictures", "list_compared_pictures", problems=[409])
async def list_compared_pictures(
    services: NamedDependency[Services],
    ids: Annotated[list[UUID], QueryParameter(name="ids", description="Two to eight runs of one project.")],
    min_confidence: Least = 0.25,
    limit: Limit = 24,
    after: After = None,
) -> Page[ComparedPicture]:
    """Where the runs differ most comes first: by the spread of their mistakes, then by their sum."""
    start = _parse_place(after)
    runs = await comparable_runs(services, ids)
    held_out = [await held_out_of(services, run) for run in runs]
    run_ids = [run.id for run in runs]
    judged = await asyncio.to_thread(_judged, run_ids, held_out, min_confidence)
    pictures: list[ComparedPicture] = []
    for image_id, labels, per_run in judged[start : start + limit + 1]:
        row: Any = await image_rows.fetch_image(services.pool, image_id)
        size = (row["file_name"], row["width"], row["height"]) if row else ("erased", 1, 1)
        pictures.append(ComparedPicture(image_id, *size, labels, per_run))
    return page_of(pictures, limit, [str(start + place + 1) for place in range(len(pictures))])


def _judged(
    run_ids: Sequence[UUID], held_out: Sequence[dict[UUID, HeldOutImage]], min_confidence: float
) -> list[tuple[UUID, list[ThumbnailShape], list[PictureOfRun]]]:
    result: list[tuple[UUID, list[ThumbnailShape], list[PictureOfRun]]] = []
    for image_id in set(held_out[0]).intersection(*held_out[1:]):
        truth = held_out[-1][image_id].labels
        labels = [ThumbnailShape(category, Box(*box), "annotation") for category, *box in truth]
        per_run = [
            _picture_of(run_id, msgspec.structs.replace(images[image_id], labels=truth), min_confidence)
            for run_id, images in zip(run_ids, held_out, strict=True)
        ]
        result.append((image_id, labels, per_run))
    return sorted(result, key=lambda each: (*_difference(each[2]), each[0]))


def _picture_of(run_id: UUID, image: HeldOutImage, min_confidence: float) -> PictureOfRun:
    judged = image.judged()
    found = matches(judged, IOU, min_confidence)
    hits = sum(match.label is not None for match in found)
    shapes = [
        ThumbnailShape(category, Box(x, y, width, height), "prediction", "model", confidence)
        for category, x, y, width, height, confidence in image.found
        if confidence >= min_confidence
    ]
    return PictureOfRun(run_id, shapes, len(judged.labels) - hits, len(found) - hits)


def _difference(per_run: Sequence[PictureOfRun]) -> tuple[int, int]:
    mistakes = [one.missed + one.wrong for one in per_run]
    return -(max(mistakes) - min(mistakes)), -sum(mistakes)


def _parse_place(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit()):
        raise InvalidInput("/after: not a cursor of this list.", [Problem("/after", "not a cursor")])
    return int(after)


routes = [list_compared_pictures]
