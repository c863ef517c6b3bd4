"""Every event type and version ever shipped can still be read, and folds to the rows it always folded to.

One file per type and version in golden/, with the event as it lay in the table and what it reads as today; together
they are one log. A new type or version adds its file at the next position; none is taken away, and in one that lies
there only `newest` may change.
"""

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from adapters import upcasters
from adapters.clock import new_id
from adapters.codec import EVENT_COLUMNS, UnknownEventType, decode_event, decode_record, encode_event
from adapters.read_model import PRIMARY_KEYS, REBUILT_TABLES
from adapters.rebuild import rebuild
from adapters.settings import Settings
from adapters.upcasters import MissingUpcaster, upcast
from domain import events
from domain.events import EVENT_CLASSES, SCHEMA_VERSIONS, ImageRejected
from domain.execute import Executor
from tests.adapters.labelled_log import labelled_log

GOLDEN = Path(__file__).parent / "golden"
READ_MODELS = GOLDEN / "read_models.json"


class GoldenEvent(msgspec.Struct, forbid_unknown_fields=True):
    position: int
    stream_id: UUID
    version: int
    type: str
    schema_version: int
    data: dict[str, Any]
    project_id: UUID
    actor_id: UUID
    recorded_at: datetime
    newest: dict[str, Any]
    """`data` as today's program understands it."""


def golden_log() -> list[GoldenEvent]:
    paths = [path for path in GOLDEN.glob("*.json") if path != READ_MODELS]
    found = {path.name: msgspec.json.decode(path.read_bytes(), type=GoldenEvent) for path in paths}
    assert [name for name, one in found.items() if name != f"{one.type}.v{one.schema_version}.json"] == []
    return sorted(found.values(), key=lambda one: one.position)


def test_every_version_of_every_type_has_its_file() -> None:
    shipped = {(type_, version) for type_, newest in SCHEMA_VERSIONS.items() for version in range(1, newest + 1)}
    assert {(one.type, one.schema_version) for one in golden_log()} == shipped
    assert SCHEMA_VERSIONS.keys() == EVENT_CLASSES.keys()


@pytest.mark.parametrize("one", golden_log(), ids=lambda one: f"{one.type}.v{one.schema_version}")
def test_it_reads_as_it_always_did(one: GoldenEvent) -> None:
    event = decode_event(one.type, one.schema_version, msgspec.json.encode(one.data))
    assert msgspec.json.decode(encode_event(event)) == one.newest


def test_every_field_of_the_newest_version_is_told_by_its_file() -> None:
    """A field with a default would otherwise be added unseen: old events would read as something new."""
    newest = {one.type: one.newest.keys() for one in golden_log() if one.schema_version == SCHEMA_VERSIONS[one.type]}
    assert newest == {
        type_: {field.encode_name for field in msgspec.structs.fields(cls)} for type_, cls in EVENT_CLASSES.items()
    }


async def append_as_stored(pool: asyncpg.Pool, rows: list[GoldenEvent]) -> None:
    """As an older program left them: nothing of today's code has seen the data."""
    for one in rows:
        await pool.execute(
            f"INSERT INTO events ({EVENT_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, '{{}}', $8, $9, NULL, NULL, "
            "NULL, $10)",
            one.position, one.stream_id, one.version, new_id(), one.type, one.schema_version,
            msgspec.json.encode(one.data), one.project_id, one.actor_id, one.recorded_at,
        )  # fmt: skip
    await pool.execute("UPDATE log_head SET position = (SELECT max(position) FROM events)")


async def read_models(pool: asyncpg.Pool) -> dict[str, list[Any]]:
    return {
        table: [
            msgspec.json.decode(row[0])
            for row in await pool.fetch(f"SELECT to_jsonb(t) FROM {table} t ORDER BY {PRIMARY_KEYS[table]}")
        ]
        for table in REBUILT_TABLES
    }


@pytest.mark.parametrize("batch_size", [1, 1_000])
async def test_the_golden_log_rebuilds_to_the_golden_read_models(
    pool: asyncpg.Pool, empty_settings: Settings, batch_size: int
) -> None:
    log = golden_log()
    assert [one.position for one in log] == list(range(1, len(log) + 1))
    await append_as_stored(pool, log)
    assert (await rebuild(empty_settings.database_url, batch_size=batch_size)).swapped
    assert await read_models(pool) == msgspec.json.decode(READ_MODELS.read_bytes())


def worded(data: dict[str, Any]) -> dict[str, Any]:
    return {"words": data["why"]}


def reasoned(data: dict[str, Any]) -> dict[str, Any]:
    return {"reason": data["words"].strip()}


@pytest.fixture
def third_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in which `image.rejected` has changed its shape twice."""
    monkeypatch.setitem(SCHEMA_VERSIONS, "image.rejected", 3)
    monkeypatch.setitem(upcasters.UPCASTERS, ("image.rejected", 1), worded)
    monkeypatch.setitem(upcasters.UPCASTERS, ("image.rejected", 2), reasoned)


@pytest.mark.usefixtures("third_version")
@pytest.mark.parametrize(
    ("version", "data"), [(1, {"why": " dark "}), (2, {"words": " dark "}), (3, {"reason": "dark"})]
)
async def test_old_shapes_are_raised_step_by_step_in_reads_and_in_rebuilds(
    pool: asyncpg.Pool, executor: Executor, empty_settings: Settings, version: int, data: dict[str, Any]
) -> None:
    scene = await labelled_log(executor, 1)
    (image,) = scene.images
    last = await pool.fetchrow("SELECT * FROM events ORDER BY position DESC LIMIT 1")
    moved = await pool.fetchval("SELECT max(version) FROM events WHERE stream_id = $1", image)
    assert last is not None
    old = GoldenEvent(
        last["position"] + 1, image, moved + 1, "image.rejected", version, data, last["project_id"], last["actor_id"],
        last["recorded_at"], {},
    )  # fmt: skip
    await append_as_stored(pool, [old])
    row = await pool.fetchrow(f"SELECT {EVENT_COLUMNS} FROM events ORDER BY position DESC LIMIT 1")
    assert row is not None
    assert decode_record(row).event == ImageRejected("dark")
    await rebuild(empty_settings.database_url)
    assert await pool.fetchval("SELECT reject_reason FROM images WHERE image_id = $1", image) == "dark"


@pytest.mark.usefixtures("third_version")
def test_a_forgotten_upcaster_and_a_newer_log_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(upcasters.UPCASTERS, ("image.rejected", 2))
    with pytest.raises(MissingUpcaster, match=re.escape("'image.rejected' from version 2")):
        upcast("image.rejected", 1, {"why": "dark"})
    with pytest.raises(MissingUpcaster, match="from version 4"):
        upcast("image.rejected", 4, {"reason": "dark"})
    with pytest.raises(UnknownEventType, match=r"annotation\.blessed"):
        decode_event("annotation.blessed", 1, b"{}")


def test_no_type_is_registered_twice() -> None:
    tags = [cls.__struct_config__.tag for cls in events.Event.__subclasses__()]
    assert len(tags) == len(set(tags)) == len(EVENT_CLASSES)
