"""What a run found on pictures that it was not trained on, beside their labels: a blob by hash, not an event.

From it follow every figure, threshold and comparison of the run; it is too large for the log, which holds its digest.
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

import msgspec

from domain.evaluation import Found, JudgedImage, Label
from domain.geometry import Box, Geometry, bounding_box
from domain.ports import BlobStore


class HeldOutImage(msgspec.Struct, frozen=True):
    """Rows are (category, x, y, width, height[, confidence]), px of the oriented image."""

    image_id: UUID
    labels: list[tuple[UUID, float, float, float, float]]
    found: list[tuple[UUID, float, float, float, float, float]]
    width: int = 0
    height: int = 0
    """px; 0 in what was written before sizes were kept."""
    looks: list[tuple[UUID, float, float, float, float, float]] | None = None
    """What several looks, fused, found; None where only one was taken."""

    def judged(self, *, fused: bool = False) -> JudgedImage:
        """As the domain judges it; categories are UUIDs. `fused`: by all looks, where there were several."""
        rows = self.looks if fused and self.looks is not None else self.found
        return JudgedImage(
            [Label(category, Box(*box)) for category, *box in self.labels],
            [Found(category, Box(x, y, w, h), confidence) for category, x, y, w, h, confidence in rows],
        )


_decoder = msgspec.json.Decoder(list[HeldOutImage])


def held_out_name(digest: str) -> str:
    return f"held-out/{digest[:2]}/{digest}.json"


def label_row(category_id: UUID, geometry: Geometry) -> tuple[UUID, float, float, float, float]:
    box = bounding_box(geometry)
    return (category_id, box.x, box.y, box.width, box.height)


def found_row(
    category_id: UUID, geometry: Geometry, confidence: float
) -> tuple[UUID, float, float, float, float, float]:
    """Rounded to a hundredth of a pixel: the rest is noise that would double the file."""
    box = bounding_box(geometry)
    x, y, width, height = (round(edge, 2) for edge in (box.x, box.y, box.width, box.height))
    return (category_id, x, y, width, height, round(confidence, 5))


async def store_held_out(blobs: BlobStore, images: Sequence[HeldOutImage]) -> str:
    """Its digest."""
    encoded = msgspec.json.encode(images)
    digest = hashlib.sha256(encoded).hexdigest()
    await blobs.put(held_out_name(digest), encoded)
    return digest


async def load_held_out(blobs: BlobStore, digest: str) -> list[HeldOutImage]:
    """Raises FileNotFoundError when the blob is gone."""
    return _decoder.decode(await blobs.get(held_out_name(digest)))
