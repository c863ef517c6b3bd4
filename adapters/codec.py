"""Events to jsonb and back. The type lives in its own column, so it is cut from the JSON and put back on reading."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec

from adapters.upcasters import upcast
from domain.events import EVENT_CLASSES, SCHEMA_VERSIONS, Event, RecordedEvent

_encoder = msgspec.json.Encoder()
_decoders = {name: msgspec.json.Decoder(cls) for name, cls in EVENT_CLASSES.items()}
_meta_decoder = msgspec.json.Decoder(dict[str, Any])

EVENT_COLUMNS = (
    "position, stream_id, version, event_id, type, schema_version, data, meta, project_id, actor_id, command_id, "
    "causation_id, correlation_id, recorded_at"
)


class UnknownEventType(LookupError):
    """The log holds a type that this program does not know: it is older than the log. Never skipped."""


def encode_event(event: Event) -> bytes:
    """The event's JSON without its type."""
    encoded = _encoder.encode(event)
    comma = encoded.find(b",")
    return b"{}" if comma < 0 else b"{" + encoded[comma + 1 :]


def decode_event(type_: str, schema_version: int, data: bytes) -> Event:
    if type_ not in EVENT_CLASSES:
        raise UnknownEventType(f"event type {type_!r} is not known to this version of the program")
    if schema_version != SCHEMA_VERSIONS[type_]:
        data = _encoder.encode(upcast(type_, schema_version, _meta_decoder.decode(data)))
    tail = b"}" if data.strip() == b"{}" else b"," + bytes(data[1:])
    return _decoders[type_].decode(b'{"type":"' + type_.encode() + b'"' + tail)


def decode_record(row: asyncpg.Record | Mapping[str, Any]) -> RecordedEvent:
    """A row of EVENT_COLUMNS as a RecordedEvent."""
    return RecordedEvent(
        position=row["position"],
        stream_id=row["stream_id"],
        version=row["version"],
        event_id=row["event_id"],
        project_id=row["project_id"],
        actor_id=row["actor_id"],
        recorded_at=row["recorded_at"],
        event=decode_event(row["type"], row["schema_version"], row["data"]),
        command_id=row["command_id"],
        causation_id=row["causation_id"],
        correlation_id=row["correlation_id"],
        meta=_meta_decoder.decode(row["meta"]),
    )
