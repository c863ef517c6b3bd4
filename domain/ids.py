"""UUIDv7 identifiers (RFC 9562): time-ordered, so that keyset paging by id is paging by age."""

import hashlib
import uuid
from uuid import UUID

LOCAL_ACTOR = UUID("00000000-0000-7000-8000-000000000001")
"""The person at this machine while no accounts exist."""


def uuid7(unix_ms: int, random_bytes: bytes) -> UUID:
    """Build a UUIDv7 from `unix_ms` (milliseconds since 1970) and 10 random bytes."""
    if len(random_bytes) != 10:
        raise ValueError("uuid7 needs exactly 10 random bytes")
    value = (unix_ms & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(random_bytes, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def derived_id(namespace: UUID, name: str) -> UUID:
    """A stable id for `name` under `namespace`: the same cause gives the same id, so a retried effect is recognised.

    Keeps the namespace's timestamp, so derived ids sort beside their cause.
    """
    digest = hashlib.sha256(namespace.bytes + name.encode()).digest()
    return uuid7(namespace.int >> 80, digest[:10])


def parse_id(text: str) -> UUID:
    """Parse an id written by a client. Raises ValueError for anything that is not a UUID."""
    return uuid.UUID(text)
