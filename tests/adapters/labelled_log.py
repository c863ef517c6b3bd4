"""A log as an afternoon of labelling leaves it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from adapters.clock import new_id
from domain import commands as c
from domain.events import (
    CategoryAdded,
    CategoryMerged,
    Event,
    ImageErased,
    ImageRegistered,
    ImageTrashed,
    ProjectCreated,
)
from domain.execute import IMAGE, PROJECT, Aggregate, Decision, Executor
from domain.geometry import Box
from domain.ids import LOCAL_ACTOR
from domain.image_decisions import ImageContext, decide


class Labelled:
    """One project with two categories."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.project_id, self.red, self.white = new_id(), new_id(), new_id()
        self.images: list[UUID] = []
        self._who: dict[str, Any] = {"project_id": self.project_id, "actor_id": LOCAL_ACTOR}

    async def project(self, *events: Event) -> None:
        await self.append_to(PROJECT, self.project_id, *events)

    async def image(self, *events: Event) -> UUID:
        image_id = new_id()
        await self.append_to(IMAGE, image_id, *events)
        return image_id

    async def append(self, image_id: UUID, *events: Event) -> None:
        await self.append_to(IMAGE, image_id, *events)

    async def draw(self, image_id: UUID, annotation_id: UUID) -> None:
        await self.edit(image_id, [c.DrawAnnotation(annotation_id, self.red, Box(1, 2, 30, 40))])

    async def edit(self, image_id: UUID, commands: Sequence[c.ImageCommand]) -> None:
        async def decided(state: Any, look: Any) -> Decision:
            context = ImageContext(await look(PROJECT, self.project_id), LOCAL_ACTOR)
            return Decision(decide(state, commands, context))

        await self.executor.execute(IMAGE, image_id, decided, **self._who)

    async def append_to(self, aggregate: Aggregate[Any], stream_id: UUID, *events: Event) -> None:
        async def decided(_state: Any, _look: Any) -> Decision:
            return Decision(events)

        await self.executor.execute(aggregate, stream_id, decided, **self._who)


async def labelled_log(executor: Executor, images: int) -> Labelled:
    """12 events an image, 4 boxes left on each; the last image of several is erased, the one before in the trash."""
    scene = Labelled(executor)
    await scene.project(
        ProjectCreated("cells", "", "detect"),
        CategoryAdded(scene.red, "RBC", "#0072B2", "1", 0),
        CategoryAdded(scene.white, "WBC", "#E69F00", None, 1),
    )
    for n in range(images):
        image_id = await scene.image(ImageRegistered(f"{n}.png", f"{n:064x}", 640, 480, 1000, "image/png"))
        drawn = [c.DrawAnnotation(new_id(), scene.red, Box(float(i), 1.5, 10.25, 11)) for i in range(5)]
        await scene.edit(
            image_id,
            [
                *drawn,
                c.ReshapeAnnotation(drawn[0].annotation_id, Box(3, 4, 5, 6)),
                c.RecategoriseAnnotation(drawn[1].annotation_id, scene.white),
                c.DeleteAnnotation(drawn[2].annotation_id),
                c.RestoreAnnotation(drawn[2].annotation_id),
                c.DeleteAnnotation(drawn[3].annotation_id),
                c.Submit(),
            ],
        )
        scene.images.append(image_id)
        if images > 5 and n == images - 1:
            await scene.append(scene.images.pop(), ImageErased(tuple(one.annotation_id for one in drawn)))
        elif images > 5 and n == images - 2:
            await scene.append(scene.images.pop(), ImageTrashed())
    await scene.project(CategoryMerged(scene.white, scene.red))
    return scene
