"""What a project's categories must be after each command: dictionaries and if, written from the words of the design."""

from typing import Any
from uuid import UUID


class Refused(Exception):
    """The command must be refused, with this kind of error."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class ModelProject:
    """Categories are replaced, never changed in place, so that a shallow copy is a copy."""

    def __init__(self) -> None:
        self.version = 1
        self.trashed = False
        self.categories: dict[UUID, dict[str, Any]] = {}

    def copy(self) -> "ModelProject":
        twin = ModelProject()
        twin.version, twin.trashed, twin.categories = self.version, self.trashed, dict(self.categories)
        return twin

    def resolved(self, category_id: UUID) -> UUID | None:
        """The category that it counts as today; None when there is none or it is gone for good."""
        if category_id not in self.categories:
            return None
        while (into := self.categories[category_id]["into"]) is not None:
            category_id = into
        return None if self.categories[category_id]["removed"] else category_id

    def usable(self, category_id: UUID) -> UUID:
        if category_id not in self.categories:
            raise Refused("InvalidInput")
        if (resolved := self.resolved(category_id)) is None:
            raise Refused("WrongState")
        return resolved

    def require_usable(self) -> None:
        if self.trashed:
            raise Refused("WrongState")

    def active(self) -> dict[UUID, dict[str, Any]]:
        return {key: one for key, one in self.categories.items() if one["into"] is None and not one["removed"]}

    def add(self, category_id: UUID, name: str, color: str, hotkey: str | None) -> None:
        self.require_usable()
        self._require_free(None, name, hotkey)
        self.categories[category_id] = {
            "name": name, "color": color, "hotkey": hotkey, "into": None, "removed": False,
            "ordinal": len(self.categories),
        }  # fmt: skip
        self.version += 1

    def change(self, category_id: UUID, name: str | None, color: str | None, hotkey: str | None) -> None:
        """An empty hotkey takes it away, None leaves it."""
        now = self._active(category_id)
        if name is not None and name != now["name"]:
            self._require_free(category_id, name, None)
            self._set(category_id, name=name)
        looks = {"color": color or now["color"], "hotkey": now["hotkey"] if hotkey is None else hotkey or None}
        if looks != {"color": now["color"], "hotkey": now["hotkey"]}:
            self._require_free(category_id, None, looks["hotkey"])
            self._set(category_id, **looks)

    def merge(self, category_id: UUID, into: UUID) -> None:
        self._active(category_id)
        if into == category_id or into not in self.active():
            raise Refused("InvalidInput")
        self._set(category_id, into=into)

    def unmerge(self, category_id: UUID) -> None:
        """Takes back a merge or a removal."""
        self.require_usable()
        now = self._known(category_id)
        if category_id in self.active():
            raise Refused("WrongState")
        self._require_free(category_id, now["name"], now["hotkey"])
        self._set(category_id, into=None, removed=False)

    def remove(self, category_id: UUID, reassign_to: UUID | None, in_use: int) -> None:
        self._active(category_id)
        if reassign_to is None and in_use:
            raise Refused("Conflict")
        if reassign_to is not None and (reassign_to == category_id or reassign_to not in self.active()):
            raise Refused("InvalidInput")
        self._set(category_id, into=reassign_to, removed=True)

    def throw_away(self, *, back: bool) -> None:
        if self.trashed == back:
            self.trashed = not back
            self.version += 1

    def _set(self, category_id: UUID, **new: Any) -> None:
        self.categories[category_id] = self.categories[category_id] | new
        self.version += 1

    def _known(self, category_id: UUID) -> dict[str, Any]:
        if category_id not in self.categories:
            raise Refused("NotFound")
        return self.categories[category_id]

    def _active(self, category_id: UUID) -> dict[str, Any]:
        self.require_usable()
        self._known(category_id)
        if category_id not in self.active():
            raise Refused("WrongState")
        return self.categories[category_id]

    def _require_free(self, category_id: UUID | None, name: str | None, hotkey: str | None) -> None:
        others = [one for key, one in self.active().items() if key != category_id]
        if name is not None and name.casefold() in {one["name"].casefold() for one in others}:
            raise Refused("DuplicateName")
        if hotkey and hotkey in {one["hotkey"] for one in others}:
            raise Refused("Conflict")
