"""Rows of a project and its categories."""

from typing import Any

from domain import events as e
from domain.projections.changes import Change, Patch, Put


def fold_project(recorded: e.RecordedEvent) -> list[Change]:
    event, project_id = recorded.event, recorded.stream_id
    touched = {"version": recorded.version, "updated_at": recorded.recorded_at}
    match event:
        case e.ProjectCreated():
            row = {
                "project_id": project_id,
                "name": event.name,
                "description": event.description,
                "task": event.task,
                "settings": event.settings,
                "trashed": False,
                "promoted_run_id": None,
                "created_at": recorded.recorded_at,
                **touched,
            }
            return [Put("projects", project_id, row)]
        case e.ProjectRenamed():
            values: dict[str, Any] = {"name": event.name, "description": event.description}
        case e.ProjectConfigured():
            values = {"settings": event.settings}
        case e.ProjectTrashed():
            values = {"trashed": True}
        case e.ProjectRestored():
            values = {"trashed": False}
        case e.RunPromoted():
            values = {"promoted_run_id": event.run_id}
        case _:
            return [*_fold_category(recorded), Patch("projects", project_id, touched)]
    return [Patch("projects", project_id, {**values, **touched})]


def _fold_category(recorded: e.RecordedEvent) -> list[Change]:
    match recorded.event:
        case e.CategoryAdded() as event:
            row = {
                "category_id": event.category_id,
                "project_id": recorded.project_id,
                "name": event.name,
                "color": event.color,
                "hotkey": event.hotkey,
                "ordinal": event.ordinal,
                "into_id": None,
                "removed": False,
                "version": recorded.version,
            }
            return [Put("categories", event.category_id, row)]
        case e.CategoryRenamed() as event:
            values: dict[str, Any] = {"name": event.name}
        case e.CategoryRecoloured() as event:
            values = {"color": event.color, "hotkey": event.hotkey}
        case e.CategoryMerged() as event:
            values = {"into_id": event.into_id}
        case e.CategoryUnmerged() as event:
            values = {"into_id": None, "removed": False}
        case e.CategoryRemoved() as event:
            values = {"into_id": event.reassign_to, "removed": True}
        case _:
            raise LookupError(f"no fold for {recorded.type!r}")
    return [Patch("categories", event.category_id, {**values, "version": recorded.version})]
