"""Blobs by name: on the local disk, or in S3, GCS or Azure.

Names carry the SHA-256, or the id of an export, so a put is idempotent.
"""

from pathlib import Path
from uuid import UUID

from obstore.store import from_url

from adapters.local_blobs import LocalBlobStore
from adapters.object_blobs import ObstoreBlobStore


def original_name(digest: str) -> str:
    return f"images/{digest[:2]}/{digest}"


def derivative_name(digest: str, kind: str, size: int) -> str:
    """`kind` is thumbnail or preview; `size` the longest side, px."""
    return f"derivatives/{digest[:2]}/{digest}-{kind}-{size}.webp"


def weights_name(digest: str) -> str:
    return f"weights/{digest[:2]}/{digest}.pt"


def export_name(export_id: UUID) -> str:
    """Not by its hash: an erasure must know the name of a file that nobody has told the log of."""
    return f"exports/{export_id.hex[-2:]}/{export_id}.zip"


def upload_name(sha256: str) -> str:
    """A dataset uploaded for import, kept until its job ends."""
    return f"uploads/{sha256[:2]}/{sha256}.zip"


def open_blob_store(url: str) -> ObstoreBlobStore:
    """`url` is file:///…, s3://…, gs://… or az://…; a local folder is made if missing."""
    if url.startswith("file://"):
        return LocalBlobStore(Path(url.removeprefix("file://")))
    return ObstoreBlobStore(from_url(url))
