"""Runs side by side: their own figures, and all of them again on the pictures that they have in common."""

import asyncio
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from adapters.held_out import HeldOutImage, load_held_out
from api.average_precision_interval import ap50_interval
from api.routing import get
from api.services import Services
from api.training_runs import TrainingRun, read_run
from domain.errors import InvalidInput, Problem, WrongState
from domain.evaluation import evaluate, tally
from domain.run_metrics import ConfusionCell, Range, SizeMetrics, confusion_cells, size_metrics

COMPARED_AT_MOST = 8


class ComparedCategory(msgspec.Struct):
    category_id: UUID
    ap50: float | None
    ap50_interval: Range
    """Over the common pictures, the same ones drawn again for every run; none below two of them."""
    ap50_95: float | None


class ComparedRun(msgspec.Struct):
    run: TrainingRun
    map50: float | None
    """On the common pictures; None when there are none."""
    map50_95: float | None
    per_category: list[ComparedCategory]
    sizes: list[SizeMetrics]
    confusion: list[ConfusionCell]
    """Boxes of 0.25 and more; what was found where nothing is labelled, and what was missed, included."""


class Comparison(msgspec.Struct):
    common_images: int
    """Pictures that every one of these runs was measured on and none was trained on."""
    runs: list[ComparedRun]


@get("/api/training-runs/compare", "compare_training_runs", problems=[409])
async def compare_training_runs(
    services: NamedDependency[Services],
    ids: Annotated[list[UUID], QueryParameter(name="ids", description="Two to eight runs of one project.")],
) -> Comparison:
    """The runs' own figures, and all of them again on the pictures that they have in common."""
    runs = await comparable_runs(services, ids)
    held_out = [await held_out_of(services, run) for run in runs]
    common = set(held_out[0]).intersection(*held_out[1:])
    return Comparison(len(common), await asyncio.to_thread(_compared, runs, held_out, sorted(common)))


async def comparable_runs(services: Services, ids: Sequence[UUID]) -> list[TrainingRun]:
    """Raises InvalidInput unless they are a few different runs of one project, NotFound."""
    if not 2 <= len(set(ids)) <= COMPARED_AT_MOST:
        detail = f"name 2 to {COMPARED_AT_MOST} different runs"
        raise InvalidInput(f"/ids: {detail}.", [Problem("/ids", detail)])
    runs = [await read_run(services, run_id) for run_id in dict.fromkeys(ids)]
    if len({run.project_id for run in runs}) > 1:
        raise InvalidInput("/ids: the runs belong to different projects.", [Problem("/ids", "different projects")])
    return runs


async def held_out_of(services: Services, run: TrainingRun) -> dict[UUID, HeldOutImage]:
    """What it found on the pictures it was measured on; nothing when it was not measured."""
    if run.metrics is None or run.metrics.held_out is None:
        return {}
    try:
        images = await load_held_out(services.blobs, run.metrics.held_out.digest)
    except FileNotFoundError as gone:
        raise WrongState(f"What run {run.id} found on its held-out pictures is gone from the blob store.") from gone
    return {image.image_id: image for image in images}


def _compared(
    runs: Sequence[TrainingRun], held_out: Sequence[dict[UUID, HeldOutImage]], common: Sequence[UUID]
) -> list[ComparedRun]:
    categories = sorted({category_id for run in runs for category_id in run.category_ids})
    # One truth for all: the labels as the newest run had them.
    truth = {image_id: held_out[-1][image_id].labels for image_id in common}
    compared: list[ComparedRun] = []
    for run, images in zip(runs, held_out, strict=True):
        judged = [msgspec.structs.replace(images[i], labels=truth[i]).judged() for i in common]
        figures = evaluate(judged, categories)
        per_category = [
            ComparedCategory(
                c, figures.categories[c].ap50, ap50_interval(tally(judged, c)), figures.categories[c].ap50_95
            )
            for c in categories
        ]
        compared.append(
            ComparedRun(
                run,
                figures.map50,
                figures.map50_95,
                per_category if common else [],
                size_metrics(figures) if common else [],
                confusion_cells(figures),
            )
        )
    return compared


routes = [compare_training_runs]
