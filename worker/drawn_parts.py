"""Drawn machine parts with their labels: a dataset for tests, and for the demo where nobody brought pictures."""

import math
from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec
from PIL import Image, ImageDraw, ImageFilter

from domain.geometry import Box
from worker.import_.records import ImportImage

CATEGORIES = ("washer", "bolt", "plate")


class PartsSettings(msgspec.Struct, frozen=True):
    width: int = 320
    height: int = 240
    most_parts: int = 6
    noise: float = 10.0


def draw_parts(folder: Path, count: int, seed: int, settings: PartsSettings | None = None) -> Iterator[ImportImage]:
    """Write `count` PNG pictures into `folder` and yield each with its boxes; the same seed draws the same pictures.

    About one picture in twelve is empty: a negative.
    """
    chosen = settings or PartsSettings()
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        random = Random(f"{seed}/{number}")
        image, shapes = _scene(random, chosen)
        path = folder / f"parts-{seed}-{number:04d}.png"
        image.save(path)
        yield ImportImage(path.name, path, chosen.width, chosen.height, shapes)


def _scene(random: Random, settings: PartsSettings) -> tuple[Image.Image, list[tuple[str, Box]]]:
    width, height = settings.width, settings.height
    ground = tuple(random.randint(70, 190) for _ in range(3))
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    for _ in range(random.randint(4, 14)):
        # Scratches and stains, so that the background is no single colour.
        tone = tuple(max(0, min(255, c + random.randint(-25, 25))) for c in ground)
        x, y = random.uniform(0, width), random.uniform(0, height)
        draw.line(
            (x, y, x + random.uniform(-90, 90), y + random.uniform(-90, 90)), fill=tone, width=random.randint(1, 9)
        )
    shapes: list[tuple[str, Box]] = []
    wanted = 0 if random.random() < 1 / 12 else random.randint(1, settings.most_parts)
    for _ in range(wanted * 4):
        if len(shapes) == wanted:
            break
        size = random.uniform(0.1, 0.24) * min(width, height) * 1.4
        box = Box(random.uniform(1, width - size - 2), random.uniform(1, height - size - 2), size, size)
        if all(_apart(box, other) for _, other in shapes):
            name = random.choices(CATEGORIES, weights=(5, 3, 2))[0]
            shapes.append((name, _draw_part(draw, random, name, box)))
    image = image.filter(ImageFilter.GaussianBlur(random.uniform(0.2, 1.1)))
    return _with_noise(image, random, settings.noise), shapes


def _draw_part(draw: ImageDraw.ImageDraw, random: Random, name: str, box: Box) -> Box:
    """Draws the part inside `box` and answers its tight box, px."""
    tone = random.randint(150, 245)
    metal = (tone, tone, min(255, tone + random.randint(0, 25)))
    edge = tuple(max(0, c - 90) for c in metal)
    centre_x, centre_y, radius = box.x + box.width / 2, box.y + box.height / 2, box.width / 2
    if name == "washer":
        outer = (box.x, box.y, box.right, box.bottom)
        draw.ellipse(outer, fill=metal, outline=edge, width=2)
        hole = radius * random.uniform(0.35, 0.55)
        draw.ellipse((centre_x - hole, centre_y - hole, centre_x + hole, centre_y + hole), fill=(40, 40, 45))
        return box
    if name == "bolt":
        turn = random.uniform(0, math.pi / 3)
        corners = [
            (centre_x + radius * math.cos(turn + k * math.pi / 3), centre_y + radius * math.sin(turn + k * math.pi / 3))
            for k in range(6)
        ]
        slot = radius * 0.45
        draw.polygon(corners, fill=metal, outline=edge)
        draw.line((centre_x - slot, centre_y, centre_x + slot, centre_y), fill=edge, width=max(2, round(radius * 0.2)))
        return _around(corners)
    turn, flat = random.uniform(0, math.pi), random.uniform(0.35, 0.6)
    corners = []
    for along, across in ((-1, -flat), (1, -flat), (1, flat), (-1, flat)):
        x, y = along * radius * 0.85, across * radius * 0.85
        corners.append(
            (centre_x + x * math.cos(turn) - y * math.sin(turn), centre_y + x * math.sin(turn) + y * math.cos(turn))
        )
    draw.polygon(corners, fill=metal, outline=edge)
    return _around(corners)


def _around(points: list[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def _apart(a: Box, b: Box) -> bool:
    return a.right + 2 < b.x or b.right + 2 < a.x or a.bottom + 2 < b.y or b.bottom + 2 < a.y


def _with_noise(image: Image.Image, random: Random, amount: float) -> Image.Image:
    noise = Image.frombytes("L", image.size, random.randbytes(image.width * image.height))
    grey = Image.merge("RGB", (noise, noise, noise))
    return Image.blend(image, grey, min(0.3, amount / 255))
