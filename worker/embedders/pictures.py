"""Decoding for embedders: EXIF-oriented RGB pictures, read a batch ahead by a few threads."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from domain.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

Transform = Callable[[Image.Image], "Tensor"]

DECODE_THREADS = 4


def open_oriented(path: Path, at_least_px: int | None = None) -> Image.Image:
    """The picture as a person sees it (EXIF orientation applied), RGB.

    `at_least_px` lets a JPEG decoder skip detail: the sides stay at least twice as long as that, which is what a
    careful resize to `at_least_px` needs and is several times faster on camera pictures.
    Raises InvalidInput naming the file when it cannot be decoded.
    """
    try:
        with Image.open(path) as image:
            if at_least_px is not None:
                image.draft("RGB", (2 * at_least_px, 2 * at_least_px))
            return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, UnidentifiedImageError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidInput(f"{path.name} cannot be decoded: {error}") from error


def batches(paths: Sequence[Path], transform: Transform, side_px: int, batch: int) -> Iterator["Tensor"]:
    """Stacked inputs (<= batch, 3, side, side) in order; the next batch decodes while this one is computed.

    At most two batches are in memory, however many paths there are.
    """

    def one(path: Path) -> "Tensor":
        return transform(open_oriented(path, at_least_px=side_px))

    with ThreadPoolExecutor(DECODE_THREADS, thread_name_prefix="decode") as pool:

        def start(at: int) -> list[Future["Tensor"]]:
            return [pool.submit(one, path) for path in paths[at : at + batch]]

        ahead = start(0)
        for at in range(0, len(paths), batch):
            current, ahead = ahead, start(at + batch)
            yield torch.stack([future.result() for future in current])
