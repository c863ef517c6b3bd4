"""Where the two people of the model-based test meet: a fresh project for each run, an API process for each of them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec

from adapters.clock import new_id
from adapters.prediction_rows import PREDICTION_COLUMNS
from domain import commands as c
from domain import events as e
from domain.execute import IMAGE, PROJECT, Decision
from domain.geometry import Box
from domain.ids import LOCAL_ACTOR
from tests.faults.model_desk import Desk, open_desk
from tests.faults.model_gestures import ANNOTATIONS, CATEGORIES, IMAGES, PREDICTIONS
from tests.faults.model_image import HEIGHT, WIDTH, ModelImage
from tests.faults.model_project import ModelProject
from tests.faults.model_world import World

GUESS, RUN = Box(5, 6, 70, 80), new_id()


class Stage(msgspec.Struct):
    desks: tuple[Desk, Desk]

    async def fresh_world(self) -> tuple[World, dict[str, UUID]]:
        """A project with two categories and two images that have open predictions, and the ids of everything named."""
        ids = {name: new_id() for name in ("project", *(f"category {n}" for n in range(CATEGORIES)))}
        project, images = ModelProject(), {}
        created: list[e.Event] = [e.ProjectCreated("cells", "", "detect")]
        for n, name in enumerate(("A", "B")):
            key = ids[f"category {n}"]
            created.append(e.CategoryAdded(key, name, "#009E73", None, n))
            project.add(key, name, "#009E73", None)
        await self._append(ids["project"], PROJECT, ids["project"], created)
        for n in range(IMAGES):
            image_id = ids[f"image {n}"] = new_id()
            for k in range(ANNOTATIONS):
                ids[f"image {n} annotation {k}"] = new_id()
            begun: list[e.Event] = [e.ImageRegistered(f"{n}.png", f"{n:064x}", WIDTH, HEIGHT, 1_000, "image/png")]
            predictions = {new_id(): _prediction(ids, k) for k in range(PREDICTIONS)}
            # One name more than there are predictions: that one is unknown.
            for k, key in enumerate([*predictions, new_id()]):
                ids[f"image {n} prediction {k}"] = key
            images[image_id] = ModelImage(predictions)
            # On the first image somebody has begun; the second one is as a job would find it.
            for k in range(2 if n == 0 else 0):
                draw = c.DrawAnnotation(ids[f"image {n} annotation {k}"], ids["category 0"], GUESS)
                begun.append(e.AnnotationDrawn(draw.annotation_id, draw.category_id, draw.geometry))
                images[image_id].obey(LOCAL_ACTOR, draw, project)
            await self._append(ids["project"], IMAGE, image_id, begun)
            await self._write_predictions(ids["project"], image_id, predictions)
        return World(ids["project"], project, images), ids

    async def _append(self, project_id: UUID, aggregate: Any, stream_id: UUID, events: list[e.Event]) -> None:
        async def decision(_state: Any, _look: Any) -> Decision:
            return Decision(events)

        executor = self.desks[0].executor
        await executor.execute(aggregate, stream_id, decision, project_id=project_id, actor_id=LOCAL_ACTOR)

    async def _write_predictions(self, project_id: UUID, image_id: UUID, predictions: dict[UUID, Any]) -> None:
        rows = [
            (
                key, project_id, image_id, one["run"], one["run"], one["category"],
                msgspec.json.encode(one["geometry"]), 5.0, 6.0, 70.0, 80.0, one["confidence"], "open",
            )
            for key, one in predictions.items()
        ]  # fmt: skip
        async with self.desks[0].pool.acquire() as connection:
            await connection.copy_records_to_table("predictions", records=rows, columns=PREDICTION_COLUMNS)


def _prediction(ids: dict[str, UUID], number: int) -> dict[str, Any]:
    return {
        "category": ids[f"category {number % 2}"], "geometry": GUESS, "confidence": 0.9 - 0.2 * number, "run": RUN,
        "state": "open",
    }  # fmt: skip


@asynccontextmanager
async def open_stage(database_url: str) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(open_desk(database_url)) for _ in range(2)]
        yield Stage((first, second))
