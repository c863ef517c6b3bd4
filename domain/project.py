"""One project: its name, its categories, its settings. Categories keep their ids for ever; merging makes an alias."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from domain import events as e
from domain.errors import Conflict, DuplicateName, InvalidInput, NotFound, Problem, WrongState

PALETTE = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#882255",
    "#44AA99", "#999933", "#AA4499", "#332288", "#117733", "#DDCC77", "#88CCEE", "#661100",
)  # fmt: skip
"""Okabe & Ito (2008), then Tol's muted scheme: told apart with every common colour blindness."""

COLOR = re.compile(r"#[0-9a-fA-F]{6}")


class Category(msgspec.Struct, frozen=True):
    category_id: UUID
    name: str
    color: str
    hotkey: str | None
    ordinal: int
    into_id: UUID | None = None
    """Set when merged or removed: annotations of this category count as `into_id`'s."""
    removed: bool = False


class ProjectState(msgspec.Struct, frozen=True):
    project_id: UUID
    version: int = 0
    name: str = ""
    description: str = ""
    task: str = "detect"
    settings: Mapping[str, Any] = {}
    trashed: bool = False
    categories: Mapping[UUID, Category] = {}
    promoted_run_id: UUID | None = None

    def active_categories(self) -> list[Category]:
        """In their stable order."""
        live = (cat for cat in self.categories.values() if not cat.removed and cat.into_id is None)
        return sorted(live, key=lambda cat: cat.ordinal)

    def resolved(self, category_id: UUID) -> UUID | None:
        """The category that annotations of `category_id` count as today; None if it was removed outright."""
        category = self.categories.get(category_id)
        while category is not None and category.into_id is not None:
            category = self.categories.get(category.into_id)
        return None if category is None or category.removed else category.category_id

    def usable_category(self, category_id: UUID, pointer: str) -> UUID:
        if category_id not in self.categories:
            detail = "no such category in this project"
            raise InvalidInput(f"{pointer}: {detail}.", [Problem(pointer, detail)])
        resolved = self.resolved(category_id)
        if resolved is None:
            raise WrongState(f"{pointer}: this category was removed.")
        return resolved


def evolve(state: ProjectState, version: int, _actor_id: UUID, event: e.Event) -> ProjectState:
    changes: dict[str, Any] = {"version": version}
    match event:
        case e.ProjectCreated():
            changes |= {
                "name": event.name,
                "description": event.description,
                "task": event.task,
                "settings": event.settings,
            }
        case e.ProjectRenamed():
            changes |= {"name": event.name, "description": event.description}
        case e.ProjectConfigured():
            changes["settings"] = event.settings
        case e.ProjectTrashed():
            changes["trashed"] = True
        case e.ProjectRestored():
            changes["trashed"] = False
        case e.RunPromoted():
            changes["promoted_run_id"] = event.run_id
        case e.CategoryAdded():
            added = Category(event.category_id, event.name, event.color, event.hotkey, event.ordinal)
            changes["categories"] = {**state.categories, event.category_id: added}
        case e.CategoryRenamed():
            changes["categories"] = _with(state, event.category_id, name=event.name)
        case e.CategoryRecoloured():
            changes["categories"] = _with(state, event.category_id, color=event.color, hotkey=event.hotkey)
        case e.CategoryMerged():
            changes["categories"] = _with(state, event.category_id, into_id=event.into_id)
        case e.CategoryUnmerged():
            changes["categories"] = _with(state, event.category_id, into_id=None, removed=False)
        case e.CategoryRemoved():
            changes["categories"] = _with(state, event.category_id, into_id=event.reassign_to, removed=True)
        case _:
            pass
    return msgspec.structs.replace(state, **changes)


def require_usable(state: ProjectState) -> None:
    if state.version == 0:
        raise NotFound("There is no such project.")
    if state.trashed:
        raise WrongState("The project is in the trash; restore it first.")


def decide_rename(state: ProjectState, name: str, description: str) -> list[e.Event]:
    require_usable(state)
    if (name, description) == (state.name, state.description):
        return []
    return [e.ProjectRenamed(name, description)]


def decide_configure(state: ProjectState, settings: Mapping[str, Any]) -> list[e.Event]:
    require_usable(state)
    merged = {**state.settings, **settings}
    return [] if merged == dict(state.settings) else [e.ProjectConfigured(merged)]


def decide_add_category(
    state: ProjectState, category_id: UUID, name: str, color: str | None, hotkey: str | None
) -> list[e.Event]:
    require_usable(state)
    _require_free_name(state, name, None)
    _require_free_hotkey(state, hotkey, None)
    ordinal = len(state.categories)
    return [
        e.CategoryAdded(category_id, name, _checked_color(color) or PALETTE[ordinal % len(PALETTE)], hotkey, ordinal)
    ]


def decide_change_category(
    state: ProjectState, category_id: UUID, name: str | None, color: str | None, hotkey: str | None
) -> list[e.Event]:
    """`hotkey` "" takes the hotkey away, None leaves it."""
    category = _active(state, category_id)
    decided: list[e.Event] = []
    if name is not None and name != category.name:
        _require_free_name(state, name, category_id)
        decided.append(e.CategoryRenamed(category_id, name))
    new_hotkey = category.hotkey if hotkey is None else hotkey or None
    new_color = _checked_color(color) or category.color
    if (new_color, new_hotkey) != (category.color, category.hotkey):
        _require_free_hotkey(state, new_hotkey, category_id)
        decided.append(e.CategoryRecoloured(category_id, new_color, new_hotkey))
    return decided


def decide_merge(state: ProjectState, category_id: UUID, into_id: UUID) -> list[e.Event]:
    _active(state, category_id)
    target = state.categories.get(into_id)
    if target is None or state.resolved(into_id) != into_id:
        detail = "not an active category of this project"
        raise InvalidInput(f"/into: {detail}.", [Problem("/into", detail)])
    if into_id == category_id:
        raise InvalidInput("A category cannot be merged into itself.", [Problem("/into", "is the category itself")])
    return [e.CategoryMerged(category_id, into_id)]


def decide_unmerge(state: ProjectState, category_id: UUID) -> list[e.Event]:
    require_usable(state)
    category = _known(state, category_id)
    if category.into_id is None and not category.removed:
        raise WrongState("This category is neither merged nor removed.")
    _require_free_name(state, category.name, category_id)
    _require_free_hotkey(state, category.hotkey, category_id)
    return [e.CategoryUnmerged(category_id)]


def decide_remove_category(
    state: ProjectState, category_id: UUID, reassign_to: UUID | None, in_use: int
) -> list[e.Event]:
    """`in_use`: how many annotations count as this category; some need `reassign_to`."""
    _active(state, category_id)
    if reassign_to is None:
        require_unused(in_use)
    elif reassign_to == category_id or state.resolved(reassign_to) != reassign_to:
        detail = "not another active category of this project"
        raise InvalidInput(f"/reassign_to: {detail}.", [Problem("/reassign_to", detail)])
    return [e.CategoryRemoved(category_id, reassign_to)]


def require_unused(in_use: int) -> None:
    """For a removal without an heir, when it is decided and again when it is written."""
    if in_use:
        raise Conflict(f"{in_use} annotations use this category; say where they go with reassign_to.")


def decide_trash(state: ProjectState) -> list[e.Event]:
    if state.version == 0:
        raise NotFound("There is no such project.")
    return [] if state.trashed else [e.ProjectTrashed()]


def decide_restore(state: ProjectState) -> list[e.Event]:
    if state.version == 0:
        raise NotFound("There is no such project.")
    return [e.ProjectRestored()] if state.trashed else []


def _known(state: ProjectState, category_id: UUID) -> Category:
    category = state.categories.get(category_id)
    if category is None:
        raise NotFound("There is no such category.")
    return category


def _active(state: ProjectState, category_id: UUID) -> Category:
    require_usable(state)
    category = _known(state, category_id)
    if category.removed or category.into_id is not None:
        raise WrongState("This category was merged or removed.")
    return category


def _require_free_name(state: ProjectState, name: str, but: UUID | None) -> None:
    for other in state.active_categories():
        if other.category_id != but and other.name.casefold() == name.casefold():
            raise DuplicateName(f"There is already a category named {other.name!r}.")


def _require_free_hotkey(state: ProjectState, hotkey: str | None, but: UUID | None) -> None:
    for other in state.active_categories():
        if hotkey and other.category_id != but and other.hotkey == hotkey:
            raise Conflict(f"The key {hotkey!r} already picks {other.name!r}.")


def _checked_color(color: str | None) -> str | None:
    if color is not None and not COLOR.fullmatch(color):
        raise InvalidInput("/color: must look like #1a2b3c.", [Problem("/color", "must look like #1a2b3c")])
    return color


def _with(state: ProjectState, category_id: UUID, **changes: Any) -> dict[UUID, Category]:
    category = msgspec.structs.replace(state.categories[category_id], **changes)
    return {**state.categories, category_id: category}
