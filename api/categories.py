"""Categories: add, rename, recolour, merge and undo it, remove. One event each, whatever the number of annotations."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from adapters import project_rows
from api.idempotency import command_id_of
from api.projects import require_project
from api.routing import delete, get, patch, post
from api.services import Services
from domain import project as projects
from domain.commands import Name
from domain.errors import NotFound
from domain.execute import PROJECT, Decision, Look
from domain.ids import LOCAL_ACTOR, derived_id
from domain.project import ProjectState

Color = Annotated[str, msgspec.Meta(pattern="^#[0-9a-fA-F]{6}$")]
Hotkey = Annotated[str, msgspec.Meta(max_length=1)]


class NewCategory(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    color: Color | None = None
    hotkey: Hotkey | None = None


class CategoryChange(msgspec.Struct, forbid_unknown_fields=True):
    name: Name | None = None
    color: Color | None = None
    hotkey: Hotkey | None = None
    """An empty text takes the key away."""


class MergeTarget(msgspec.Struct, forbid_unknown_fields=True):
    into: UUID


class Category(msgspec.Struct):
    id: UUID
    project_id: UUID
    name: str
    color: str
    hotkey: str | None
    ordinal: int
    count: int
    """Annotations on images outside the trash."""
    state: Literal["active", "merged", "removed"]
    into_id: UUID | None
    position: int | None = None


class CategoryList(msgspec.Struct):
    items: list[Category]


def category_view(row: dict[str, Any], position: int | None = None) -> Category:
    state = "removed" if row["removed"] else "merged" if row["into_id"] else "active"
    return Category(
        id=row["category_id"],
        project_id=row["project_id"],
        name=row["name"],
        color=row["color"],
        hotkey=row["hotkey"],
        ordinal=row["ordinal"],
        count=row["count"],
        state=state,
        into_id=row["into_id"],
        position=position,
    )


@get("/api/projects/{project_id:uuid}/categories", "list_categories")
async def list_categories(
    services: NamedDependency[Services], project_id: FromPath[UUID], include_inactive: FromQuery[bool] = False
) -> CategoryList:
    """In their stable order; with `include_inactive` the merged and removed ones too."""
    await require_project(services, project_id)
    rows = await project_rows.fetch_categories(services.pool, project_id)
    views = [category_view(row) for row in rows]
    return CategoryList([view for view in views if include_inactive or view.state == "active"])


@post("/api/projects/{project_id:uuid}/categories", "add_category")
async def add_category(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    data: JSONBody[NewCategory],
) -> Category:
    command_id = await command_id_of(request)
    category_id = derived_id(command_id, "category") if command_id else services.executor.new_id()

    async def decide(state: ProjectState, _look: Look) -> Decision:
        if category_id in state.categories:
            return Decision([])
        return Decision(projects.decide_add_category(state, category_id, data.name, data.color, data.hotkey or None))

    return await _execute(services, request, project_id, category_id, decide)


@patch("/api/categories/{category_id:uuid}", "update_category")
async def update_category(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    category_id: FromPath[UUID],
    data: JSONBody[CategoryChange],
) -> Category:
    async def decide(state: ProjectState, _look: Look) -> Decision:
        return Decision(projects.decide_change_category(state, category_id, data.name, data.color, data.hotkey))

    return await _execute(services, request, await _project_of(services, category_id), category_id, decide)


@post("/api/categories/{category_id:uuid}/merge", "merge_category", status_code=200)
async def merge_category(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    category_id: FromPath[UUID],
    data: JSONBody[MergeTarget],
) -> Category:
    """Everything of this category counts as `into` from now on; `unmerge` takes it back, exactly."""

    async def decide(state: ProjectState, _look: Look) -> Decision:
        return Decision(projects.decide_merge(state, category_id, data.into))

    return await _execute(services, request, await _project_of(services, category_id), category_id, decide)


@post("/api/categories/{category_id:uuid}/unmerge", "unmerge_category", status_code=200)
async def unmerge_category(
    services: NamedDependency[Services], request: Request[Any, Any, Any], category_id: FromPath[UUID]
) -> Category:
    """Undo a merge or a removal."""

    async def decide(state: ProjectState, _look: Look) -> Decision:
        return Decision(projects.decide_unmerge(state, category_id))

    return await _execute(services, request, await _project_of(services, category_id), category_id, decide)


@delete("/api/categories/{category_id:uuid}", "remove_category", status_code=200)
async def remove_category(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    category_id: FromPath[UUID],
    reassign_to: FromQuery[UUID | None] = None,
) -> Category:
    """One in use needs `reassign_to`; without it the answer is 409."""
    project_id = await _project_of(services, category_id)

    async def decide(state: ProjectState, _look: Look) -> Decision:
        in_use = await project_rows.annotations_in_use(services.pool, project_id, category_id)
        return Decision(projects.decide_remove_category(state, category_id, reassign_to, in_use))

    return await _execute(services, request, project_id, category_id, decide)


async def _project_of(services: Services, category_id: UUID) -> UUID:
    project_id = await project_rows.project_of_category(services.pool, category_id)
    if project_id is None:
        raise NotFound("There is no such category.")
    return project_id


async def _execute(
    services: Services, request: Request[Any, Any, Any], project_id: UUID, category_id: UUID, decide: Any
) -> Category:
    outcome = await services.executor.execute(
        PROJECT,
        project_id,
        decide,
        project_id=project_id,
        actor_id=LOCAL_ACTOR,
        command_id=await command_id_of(request),
    )
    rows = await project_rows.fetch_categories(services.pool, project_id)
    row = next(row for row in rows if row["category_id"] == category_id)
    return category_view(row, outcome.position or None)


routes = [list_categories, add_category, update_category, merge_category, unmerge_category, remove_category]
