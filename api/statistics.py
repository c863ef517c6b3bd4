"""Where a project stands: states, effort saved, learning curve, calibration, and whether another round is worth it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromPath

from adapters import project_rows, statistics_rows, training_rows
from api.projects import read_project, require_project
from api.routing import get
from api.services import Services
from api.training_runs import read_run
from domain.run_metrics import Curve, HeldOutKind


class CategoryCount(msgspec.Struct):
    category_id: UUID
    name: str
    count: int


class Effort(msgspec.Struct):
    """Boxes, each counted once by what became of it in the end; a box adjusted and renamed counts in both."""

    accepted: int
    """Proposed by a model and kept as it was."""
    adjusted: int
    recategorised: int
    deleted: int
    """Accepted first and then deleted."""
    rejected: int
    drawn: int
    active_seconds: float
    """Pauses of over a minute are left out."""
    seconds_per_drawn_box: float | None
    """This project's own pace by hand; None before the first box."""
    seconds_saved: float | None
    """Drawing every kept box at that pace, minus the active seconds; negative while the loop has not paid off yet."""


class LearningPoint(msgspec.Struct):
    run_id: UUID
    ended_at: datetime
    labelled_images: int
    map50: float | None
    map50_95: float | None
    low: float | None
    high: float | None
    """95 % bootstrap interval of map50_95."""
    held_out: HeldOutKind | None
    acquisition_function: str | None
    """Of the last query batch before the run."""
    chosen_at_random: bool
    """Every picture that it was trained on was picked by `random`: such runs are the baseline of the others."""


class StopAdvice(msgspec.Struct):
    verdict: Literal["stop", "go_on", "either", "unknown"]
    sentence: str
    reasons: list[str]
    gain: float | None = None


class CategoryCalibration(msgspec.Struct):
    category_id: UUID
    name: str
    curve: Curve


class Statistics(msgspec.Struct):
    states: dict[str, int]
    categories: list[CategoryCount]
    effort: Effort
    learning_curve: list[LearningPoint]
    no_baseline: str | None
    """Why the curve has no random baseline; None when it has one."""
    stop_advice: StopAdvice
    calibration: list[CategoryCalibration]
    """Of the current run."""


NO_ADVICE = StopAdvice("unknown", "Nothing can be said before a run has predicted the pictures that are left.", [])

NO_BASELINE = (
    "There is no random baseline: no measured run was trained on pictures that were all picked by `random`. "
    "Whether choosing pictures pays off here cannot be read from this curve."
)


@get("/api/projects/{project_id:uuid}/statistics", "get_statistics")
async def get_statistics(services: NamedDependency[Services], project_id: FromPath[UUID]) -> Statistics:
    await require_project(services, project_id)
    pool = services.pool
    project = await read_project(services, project_id)
    categories = [
        CategoryCount(row["category_id"], row["name"], row["count"])
        for row in await project_rows.fetch_categories(pool, project_id)
        if row["into_id"] is None and not row["removed"]
    ]
    curve = [
        LearningPoint(**{name: row[name] for name in LearningPoint.__struct_fields__})
        for row in await statistics_rows.fetch_learning_curve(pool, project_id)
    ]
    advice = await statistics_rows.latest_advice(pool, project_id)
    return Statistics(
        states=project.states,
        categories=categories,
        effort=await _effort(services, project_id),
        learning_curve=curve,
        no_baseline=None
        if any(point.chosen_at_random and point.map50_95 is not None for point in curve)
        else NO_BASELINE,
        stop_advice=msgspec.json.decode(advice, type=StopAdvice) if advice else NO_ADVICE,
        calibration=await _calibration(services, project_id),
    )


async def _effort(services: Services, project_id: UUID) -> Effort:
    boxes = await statistics_rows.fetch_effort(services.pool, project_id)
    seconds = await statistics_rows.fetch_seconds(services.pool, project_id)
    pace = seconds["seconds_per_drawn_box"]
    kept = boxes["kept"] + boxes["drawn"]
    saved = None if pace is None else kept * pace - seconds["active_seconds"]
    return Effort(
        accepted=boxes["accepted"],
        adjusted=boxes["adjusted"],
        recategorised=boxes["recategorised"],
        deleted=boxes["deleted"],
        rejected=boxes["rejected"],
        drawn=boxes["drawn"],
        active_seconds=seconds["active_seconds"],
        seconds_per_drawn_box=pace,
        seconds_saved=saved,
    )


async def _calibration(services: Services, project_id: UUID) -> list[CategoryCalibration]:
    run_id = await training_rows.current_run(services.pool, project_id)
    metrics = (await read_run(services, run_id)).metrics if run_id else None
    return [
        CategoryCalibration(one.category_id, one.name, one.calibration)
        for one in (metrics.per_category if metrics else [])
    ]


routes = [get_statistics]
