"""Projects: create, list, rename, configure, trash and restore."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from adapters import project_rows
from api.idempotency import command_id_of
from api.paging import After, Limit, Page, page_of
from api.routing import delete, get, patch, post
from api.services import Services
from domain import project as projects
from domain.commands import Name, Task
from domain.errors import InvalidInput, NotFound, Problem
from domain.events import ProjectCreated
from domain.execute import PROJECT, Decision, Look
from domain.ids import LOCAL_ACTOR, derived_id
from domain.project import ProjectState

Description = Annotated[str, msgspec.Meta(max_length=10_000)]


class NewProject(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    description: Description = ""
    task: Task = "detect"


class SettingsChange(msgspec.Struct, forbid_unknown_fields=True):
    """What a person may set for a project; a field left out stays as it is."""

    retrain_after: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | msgspec.UnsetType = msgspec.UNSET
    """Train again by itself after so many newly labelled images; 0 is off."""
    orientation: Literal["upright", "any"] | msgspec.UnsetType = msgspec.UNSET
    """`any`: pictures have no up, as under a microscope; training may flip and turn them."""
    domain: Literal["everyday", "special"] | msgspec.UnsetType = msgspec.UNSET
    """`everyday`: objects, animals, streets, as in COCO; a training on few pictures keeps the backbone as it is.
    `special`, the default: cells, X-rays, views from above; everything learns."""
    target_precision: Annotated[float, msgspec.Meta(ge=0.5, le=0.999)] | msgspec.UnsetType = msgspec.UNSET


class ProjectChange(msgspec.Struct, forbid_unknown_fields=True):
    name: Name | msgspec.UnsetType = msgspec.UNSET
    description: Description | msgspec.UnsetType = msgspec.UNSET
    settings: SettingsChange | msgspec.UnsetType = msgspec.UNSET


class Project(msgspec.Struct):
    id: UUID
    name: str
    description: str
    task: Task
    settings: dict[str, Any]
    trashed: bool
    promoted_run_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime
    last_activity_at: datetime | None
    """When anything last happened in it, on its pictures too."""
    image_count: int
    states: dict[str, int]
    """Images per review state."""
    strip: list[UUID] = []
    """The first pictures, for a card."""
    position: int | None = None
    """Of the event that this request appended."""


def project_view(row: Any, position: int | None = None) -> Project:
    states: dict[str, int] = msgspec.json.decode(row["states"]) if row["states"] else {}
    return Project(
        id=row["project_id"],
        name=row["name"],
        description=row["description"],
        task=row["task"],
        settings=msgspec.json.decode(row["settings"]),
        trashed=row["trashed"],
        promoted_run_id=row["promoted_run_id"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        last_activity_at=row["last_activity_at"],
        image_count=sum(states.values()),
        states=states,
        strip=row.get("strip") or [],
        position=position,
    )


async def read_project(services: Services, project_id: UUID, position: int | None = None) -> Project:
    row = await project_rows.fetch_project(services.pool, project_id)
    if row is None:
        raise NotFound("There is no such project.")
    return project_view(row, position)


async def require_project(services: Services, project_id: UUID) -> ProjectState:
    """The project, there and not in the trash. Raises NotFound or WrongState."""
    state = await services.executor.recall(PROJECT, project_id)
    try:
        projects.require_usable(state)
    except (NotFound, projects.WrongState):
        state = await services.executor.load(PROJECT, project_id)
        projects.require_usable(state)
    return state


@post("/api/projects", "create_project")
async def create_project(
    services: NamedDependency[Services], request: Request[Any, Any, Any], data: JSONBody[NewProject]
) -> Project:
    command_id = await command_id_of(request)
    # A repeated key must find the project it made the first time.
    project_id = derived_id(command_id, "project") if command_id else services.executor.new_id()

    async def decide(state: ProjectState, _look: Look) -> Decision:
        return Decision([] if state.version else [ProjectCreated(data.name, data.description, data.task)])

    outcome = await services.executor.execute(
        PROJECT, project_id, decide, project_id=project_id, actor_id=LOCAL_ACTOR, command_id=command_id
    )
    return await read_project(services, project_id, outcome.position or None)


@get("/api/projects", "list_projects")
async def list_projects(
    services: NamedDependency[Services], trashed: FromQuery[bool] = False, limit: Limit = 100, after: After = None
) -> Page[Project]:
    rows = await project_rows.fetch_projects(services.pool, trashed=trashed, after=parse_cursor(after), limit=limit + 1)
    return page_of([project_view(row) for row in rows], limit, [str(row["project_id"]) for row in rows])


def parse_cursor(after: str | None) -> UUID | None:
    try:
        return UUID(after) if after is not None else None
    except ValueError as wrong:
        raise InvalidInput("/after: not a cursor of this list.", [Problem("/after", "not a cursor")]) from wrong


@get("/api/projects/{project_id:uuid}", "get_project")
async def get_project(services: NamedDependency[Services], project_id: FromPath[UUID]) -> Project:
    return await read_project(services, project_id)


@patch("/api/projects/{project_id:uuid}", "update_project")
async def update_project(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    data: JSONBody[ProjectChange],
) -> Project:
    async def decide(state: ProjectState, _look: Look) -> Decision:
        name = state.name if data.name is msgspec.UNSET else data.name
        description = state.description if data.description is msgspec.UNSET else data.description
        events = projects.decide_rename(state, name, description)
        if data.settings is not msgspec.UNSET:
            events = [*events, *projects.decide_configure(state, msgspec.to_builtins(data.settings))]
        return Decision(events)

    position = await _execute(services, request, project_id, decide)
    return await read_project(services, project_id, position)


@delete("/api/projects/{project_id:uuid}", "trash_project", status_code=200)
async def trash_project(
    services: NamedDependency[Services], request: Request[Any, Any, Any], project_id: FromPath[UUID]
) -> Project:
    async def decide(state: ProjectState, _look: Look) -> Decision:
        return Decision(projects.decide_trash(state))

    position = await _execute(services, request, project_id, decide)
    return await read_project(services, project_id, position)


@post("/api/projects/{project_id:uuid}/restore", "restore_project", status_code=200)
async def restore_project(
    services: NamedDependency[Services], request: Request[Any, Any, Any], project_id: FromPath[UUID]
) -> Project:
    async def decide(state: ProjectState, _look: Look) -> Decision:
        return Decision(projects.decide_restore(state))

    position = await _execute(services, request, project_id, decide)
    return await read_project(services, project_id, position)


async def _execute(services: Services, request: Request[Any, Any, Any], project_id: UUID, decide: Any) -> int | None:
    outcome = await services.executor.execute(
        PROJECT,
        project_id,
        decide,
        project_id=project_id,
        actor_id=LOCAL_ACTOR,
        command_id=await command_id_of(request),
    )
    return outcome.position or None


routes = [create_project, list_projects, get_project, update_project, trash_project, restore_project]
