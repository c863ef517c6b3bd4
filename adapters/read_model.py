"""Applies changes of read rows, set-based: one statement per table and set of columns, whatever the batch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from adapters.database import Connection
from domain.errors import Conflict
from domain.projections.changes import Change, Drop, Patch, Put, Table, coalesced

PRIMARY_KEYS: dict[Table, str] = {
    "projects": "project_id",
    "categories": "category_id",
    "images": "image_id",
    "annotations": "annotation_id",
    "jobs": "job_id",
    "query_batches": "query_batch_id",
    "training_runs": "run_id",
    "exports": "export_id",
    "predictions": "prediction_id",
}

REBUILT_TABLES: tuple[Table, ...] = tuple(table for table in PRIMARY_KEYS if table != "predictions")

COPIED_FROM = 200
"""Rows at once from which COPY and its savepoint pay."""
PLAIN = (str, int, float, UUID, datetime)
"""What a column holds as it is; anything else is jsonb."""

ID_IS_TAKEN = "The id of an annotation is in use on another image; give it a new one."

_encode = msgspec.json.Encoder().encode


LIVE = "public"


async def apply_changes(connection: Connection, changes: Iterable[Change], schema: str = LIVE) -> None:
    """Write `changes` in the caller's transaction. `schema` names where the tables stand (rebuild uses a shadow).

    Raises Conflict for an annotation whose id another image holds; a rebuild takes the log as it is.
    """
    if schema == LIVE:
        changes = list(changes)
        await _require_ids_of_one_image(connection, changes)
    puts: dict[tuple[Table, tuple[str, ...]], list[Any]] = defaultdict(list)
    patches: dict[tuple[Table, tuple[str, ...], tuple[str, ...]], list[Any]] = defaultdict(list)
    drops: dict[Table, list[Any]] = defaultdict(list)
    for change in coalesced(changes).values():
        match change:
            case Put(table=table, row=row):
                puts[table, tuple(row)].append(row)
            case Patch(table=table, key=key, values=values, add=add):
                shape = (table, tuple(sorted(values)), tuple(sorted(add)))
                patches[shape].append({PRIMARY_KEYS[table]: key, **values, **add})
            case Drop(table=table, key=key):
                drops[table].append(key)
    for table, keys in drops.items():
        await connection.execute(f"DELETE FROM {schema}.{table} WHERE {PRIMARY_KEYS[table]} = ANY($1::uuid[])", keys)
    for (table, columns), rows in puts.items():
        if len(rows) < COPIED_FROM or not await _copied(connection, schema, table, columns, rows):
            written = await connection.execute(_upsert(schema, table, columns), _encode(rows))
            if written != f"INSERT 0 {len(rows)}":
                raise Conflict(ID_IS_TAKEN)
    for (table, values, add), rows in patches.items():
        await connection.execute(_update(schema, table, values, add), _encode(rows))


async def _require_ids_of_one_image(connection: Connection, changes: Sequence[Change]) -> None:
    """What the upsert cannot see: annotations that come and go in one batch, and one on two images at once."""
    image_of: dict[UUID, Any] = {}
    passing: set[UUID] = set()
    for change in changes:
        if change.table != "annotations":
            continue
        if isinstance(change, Put):
            if image_of.setdefault(change.key, change.row["image_id"]) != change.row["image_id"]:
                raise Conflict(ID_IS_TAKEN)
        elif isinstance(change, Drop) and change.key in image_of:
            passing.add(change.key)
    if passing:
        rows = await connection.fetch(
            "SELECT annotation_id, image_id FROM annotations WHERE annotation_id = ANY($1::uuid[])", list(passing)
        )
        if any(row["image_id"] != image_of[row["annotation_id"]] for row in rows):
            raise Conflict(ID_IS_TAKEN)


async def _copied(
    connection: Connection, schema: str, table: Table, columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
) -> bool:
    """By COPY, at half the cost of parsing JSON; nothing is written where one of the rows stands already."""
    records = [tuple(_wire(row[column]) for column in columns) for row in rows]
    try:
        async with connection.transaction():
            await connection.copy_records_to_table(table, schema_name=schema, records=records, columns=columns)
    except asyncpg.UniqueViolationError:
        return False
    return True


def _wire(value: Any) -> Any:
    return value if value is None or isinstance(value, PLAIN) else _encode(value)


async def hold_read_models(connection: Connection) -> None:
    """Before the first query of a transaction that sees one state for long: no rebuild swaps a table under it.

    A table that was swapped in after the snapshot was taken would look empty to it.
    """
    await connection.execute(f"LOCK TABLE {', '.join(REBUILT_TABLES)} IN ACCESS SHARE MODE")


def _upsert(schema: str, table: Table, columns: tuple[str, ...]) -> str:
    names = ", ".join(columns)
    updates = ", ".join(f"{c} = excluded.{c}" for c in columns if c != PRIMARY_KEYS[table])
    # A row that another image holds is not taken from it: the count of what was written tells.
    stays = f" WHERE {table}.image_id = excluded.image_id" if table == "annotations" and schema == LIVE else ""
    return (
        f"INSERT INTO {schema}.{table} ({names}) "
        f"SELECT {names} FROM jsonb_populate_recordset(null::{schema}.{table}, $1) "
        f"ON CONFLICT ({PRIMARY_KEYS[table]}) DO UPDATE SET {updates}{stays}"
    )


def _update(schema: str, table: Table, values: tuple[str, ...], add: tuple[str, ...]) -> str:
    sets = ", ".join([*(f"{c} = r.{c}" for c in values), *(f"{c} = t.{c} + r.{c}" for c in add)])
    key = PRIMARY_KEYS[table]
    return (
        f"UPDATE {schema}.{table} t SET {sets} FROM jsonb_populate_recordset(null::{schema}.{table}, $1) r "
        f"WHERE t.{key} = r.{key}"
    )
