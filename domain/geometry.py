"""Shapes in absolute float pixels of the EXIF-oriented image; the origin is its top-left corner."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import msgspec

from domain.errors import InvalidInput, Problem

CLIP_TOLERANCE_PX = 1.0
"""A coordinate this far outside the image is a rounding slip and is clipped; further out is refused."""

MAX_POLYGON_POINTS = 10_000

Point = tuple[float, float]


class Box(msgspec.Struct, frozen=True, tag_field="type", tag="box", forbid_unknown_fields=True):
    """COCO's box: top-left corner and size, px."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


class Polygon(msgspec.Struct, frozen=True, tag_field="type", tag="polygon", forbid_unknown_fields=True):
    """Rings of (x, y) points, px; the first ring is the outline, the others are holes."""

    rings: Annotated[tuple[tuple[Point, ...], ...], msgspec.Meta(min_length=1)]


class Mask(msgspec.Struct, frozen=True, tag_field="type", tag="mask", forbid_unknown_fields=True):
    """COCO's compressed run-length mask; `size` is (height, width) and must equal the image's."""

    size: tuple[int, int]
    counts: Annotated[str, msgspec.Meta(min_length=1, max_length=4_000_000)]


Geometry = Box | Polygon | Mask


def box_from_corners(left: float, top: float, right: float, bottom: float) -> Box:
    return Box(x=left, y=top, width=right - left, height=bottom - top)


def bounding_box(geometry: Geometry) -> Box:
    """The smallest Box around a geometry. A Mask answers with its whole canvas: decoding it is a codec's work."""
    match geometry:
        case Box():
            return geometry
        case Polygon(rings=rings):
            xs = [x for x, _ in rings[0]]
            ys = [y for _, y in rings[0]]
            return box_from_corners(min(xs), min(ys), max(xs), max(ys))
        case Mask(size=(height, width)):
            return Box(0.0, 0.0, float(width), float(height))


def area(geometry: Geometry) -> float:
    """Area in px²; holes of a polygon are taken away (shoelace formula)."""
    match geometry:
        case Box(width=width, height=height):
            return width * height
        case Polygon(rings=rings):
            outline, *holes = (abs(_shoelace(ring)) for ring in rings)
            return max(0.0, outline - sum(holes))
        case Mask(size=(height, width)):
            return float(width * height)


def intersection_over_union(a: Box, b: Box) -> float:
    width = min(a.right, b.right) - max(a.x, b.x)
    height = min(a.bottom, b.bottom) - max(a.y, b.y)
    if width <= 0 or height <= 0:
        return 0.0
    overlap = width * height
    return overlap / (a.width * a.height + b.width * b.height - overlap)


def fitted(geometry: Geometry, width: int, height: int, pointer: str = "/geometry") -> Geometry:
    """The geometry with rounding slips clipped to the image.

    Raises InvalidInput naming the part for NaN, infinity, an empty shape, or anything over a pixel outside.
    """
    match geometry:
        case Box():
            left = _inside(geometry.x, width, f"{pointer}/x")
            top = _inside(geometry.y, height, f"{pointer}/y")
            for name, value in (("width", geometry.width), ("height", geometry.height)):
                if not math.isfinite(value) or value <= 0:
                    raise _refused(f"{pointer}/{name}", f"must be a positive number of pixels, not {value}")
            right = _inside(geometry.right, width, f"{pointer}/width")
            bottom = _inside(geometry.bottom, height, f"{pointer}/height")
            if right <= left or bottom <= top:
                raise _refused(pointer, "the box has no area inside the image")
            if (left, top, right, bottom) == (geometry.x, geometry.y, geometry.right, geometry.bottom):
                # Corner minus corner would lose the last bit of a size that was fine.
                return Box(left, top, float(geometry.width), float(geometry.height))
            return box_from_corners(left, top, right, bottom)
        case Polygon():
            if sum(len(ring) for ring in geometry.rings) > MAX_POLYGON_POINTS:
                raise _refused(f"{pointer}/rings", f"more than {MAX_POLYGON_POINTS} points")
            rings = tuple(
                _fitted_ring(ring, width, height, f"{pointer}/rings/{i}") for i, ring in enumerate(geometry.rings)
            )
            polygon = Polygon(rings=rings)
            if area(polygon) <= 0:
                raise _refused(pointer, "the polygon has no area")
            return polygon
        case Mask():
            if geometry.size != (height, width):
                raise _refused(f"{pointer}/size", f"must be the image's height and width, {height} and {width}")
            return geometry


def _fitted_ring(ring: Sequence[Point], width: int, height: int, pointer: str) -> tuple[Point, ...]:
    if len(ring) < 3:
        raise _refused(pointer, "a ring needs at least three points")
    return tuple(
        (_inside(x, width, f"{pointer}/{i}/0"), _inside(y, height, f"{pointer}/{i}/1")) for i, (x, y) in enumerate(ring)
    )


def _inside(value: float, limit: int, pointer: str) -> float:
    if not math.isfinite(value):
        raise _refused(pointer, "must be a finite number")
    if value < -CLIP_TOLERANCE_PX or value > limit + CLIP_TOLERANCE_PX:
        raise _refused(pointer, f"{value:g} lies outside the image (0 to {limit})")
    # Adding zero turns -0.0 into 0.0, which jsonb would do behind our back.
    return float(min(max(value, 0.0), float(limit))) + 0.0


def _shoelace(ring: Sequence[Point]) -> float:
    closed = (*ring, ring[0])
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(closed)) / 2


def _refused(pointer: str, detail: str) -> InvalidInput:
    return InvalidInput(f"{pointer}: {detail}", [Problem(pointer, detail)])
