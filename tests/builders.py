"""Small things that many tests need, under names that read."""

import io
from typing import Any

from PIL import Image


def picture(seed: int = 0, size: tuple[int, int] = (64, 48), format_: str = "PNG", **save: Any) -> bytes:
    """A small picture; another seed is another picture."""
    image = Image.new("RGB", size, ((seed * 37) % 256, (seed * 91) % 256, (seed // 256) % 256))
    image.putpixel((seed % size[0], seed % size[1]), (255, 255, 255))
    encoded = io.BytesIO()
    image.save(encoded, format_, **save)
    return encoded.getvalue()


def box(x: float = 1, y: float = 2, width: float = 10, height: float = 12) -> dict[str, Any]:
    return {"type": "box", "x": x, "y": y, "width": width, "height": height}
