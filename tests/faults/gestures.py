"""A person at the page, as the outbox of the page does it: one gesture after the other, each tried until answered."""

import asyncio
import time
from itertools import count
from typing import Any

import httpx

from adapters.clock import new_id
from tests.builders import box, picture
from tests.faults.history import Operation
from tests.faults.recorder import Recorder

PATIENCE_S = 30.0
AWAY = (httpx.TransportError,)


class Project:
    """What the gestures are about: one project with a category and some pictures."""

    def __init__(self, project_id: str, category_id: str, image_ids: list[str]) -> None:
        self.id = project_id
        self.category_id = category_id
        self.image_ids = image_ids
        self.seeds = count(len(image_ids))
        """Of pictures that were not sent yet: the same bytes again would be no new picture."""


async def new_project(address: str, pictures: int = 8) -> Project:
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        project = (await http.post("/api/projects", json={"name": "Under fire"})).raise_for_status().json()["id"]
        path = f"/api/projects/{project}"
        category = (await http.post(f"{path}/categories", json={"name": "cell"})).raise_for_status().json()["id"]
        files = [("files", (f"{n}.png", picture(n), "image/png")) for n in range(pictures)]
        registered = (await http.post(f"{path}/images", files=files)).raise_for_status().json()["registered"]
    return Project(project, category, [image["id"] for image in registered])


class Writer:
    """Draws, deletes, adds categories, renames and uploads, in a random order, until it is cancelled."""

    def __init__(self, name: str, address: str, project: Project, recorder: Recorder) -> None:
        self.name = name
        self._address = address
        self._project = project
        self._recorder = recorder
        self._random = recorder.random
        self._drawn: list[tuple[str, str]] = []
        self.acknowledged = 0

    async def work(self, pause_s: float = 0.02) -> None:
        async with httpx.AsyncClient(base_url=self._address, timeout=PATIENCE_S) as self._http:
            while True:
                await self._gesture()
                await asyncio.sleep(self._random.uniform(0, pause_s))

    async def _gesture(self) -> None:
        project, mark = self._project, str(new_id())
        match self._random.choices(("draw", "delete", "category", "rename", "upload"), (70, 15, 4, 4, 7))[0]:
            case "delete" if self._drawn:
                image, annotation = self._drawn.pop(self._random.randrange(len(self._drawn)))
                command = {"type": "delete_annotation", "annotation_id": annotation}
                await self._give("annotation.deleted", annotation, f"/api/images/{image}/commands", command)
            case "category":
                body = {"name": mark}
                await self._post("category.added", mark, f"/api/projects/{project.id}/categories", json=body)
            case "rename":
                await self._post("project.renamed", mark, f"/api/projects/{project.id}", "PATCH", json={"name": mark})
            case "upload":
                file = (f"{mark}.png", picture(next(project.seeds)), "image/png")
                await self._post("image.registered", mark, f"/api/projects/{project.id}/images", files={"files": file})
            case _:
                image = self._random.choice(project.image_ids)
                shape = box(self._random.uniform(0, 40), self._random.uniform(0, 30), 10.5, 12.25)
                command = {"type": "draw_annotation", "annotation_id": mark, "geometry": shape}
                command["category_id"] = project.category_id
                done = await self._give("annotation.drawn", mark, f"/api/images/{image}/commands", command)
                if done.outcome == "ok":
                    self._drawn.append((image, mark))

    async def _give(self, event_type: str, mark: str, path: str, command: dict[str, Any]) -> Operation:
        return await self._post(event_type, mark, path, json={"commands": [command]})

    async def _post(self, event_type: str, mark: str, path: str, method: str = "POST", **body: Any) -> Operation:
        """One command until it is answered; unknown when nobody answers for PATIENCE_S or we are cancelled."""
        if event_type == "image.registered":
            mark = f"{mark}.png"
        operation = self._recorder.invoke(self.name, event_type, mark)
        headers = {"idempotency-key": f"{event_type} {mark}"}
        deadline = time.monotonic() + PATIENCE_S
        operation.outcome = "unknown"
        while time.monotonic() < deadline:
            operation.tries += 1
            try:
                answer = await self._http.request(method, path, headers=headers, **body)
            except AWAY:
                await asyncio.sleep(self._random.uniform(0.02, 0.2))
                continue
            if answer.status_code == 503:
                self._recorder.refusals += 1
                await asyncio.sleep(self._random.uniform(0.02, 0.2))
                continue
            operation.ended_s = time.monotonic()
            if answer.is_success:
                operation.outcome, operation.position = "ok", _position(event_type, answer.json())
                self.acknowledged += 1
            elif answer.status_code < 500:
                operation.outcome = "fail"
            else:
                self._recorder.unexpected.append(f"{method} {path}: {answer.status_code} {answer.text}")
            break
        return operation


def _position(event_type: str, answer: dict[str, Any]) -> int | None:
    # A picture that a lost answer had registered is told as a duplicate, which has no position of its own.
    return answer.get("position")
