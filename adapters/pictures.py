"""Pictures as files: what is accepted, how large it is once turned upright, and smaller versions of it."""

import hashlib
import io
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "BMP": "image/bmp", "TIFF": "image/tiff"}
SUFFIXES = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jfif": "JPEG", ".png": "PNG", ".webp": "WEBP", ".bmp": "BMP", ".tif": "TIFF",
    ".tiff": "TIFF",
}  # fmt: skip
UNKNOWN_FORMAT = "this is not a JPEG, PNG, WebP, BMP or TIFF picture"
MAX_PIXELS = 100_000_000
MAX_FILE_BYTES = 100 * 1024 * 1024
MAX_NAME_LENGTH = 255

DerivativeKind = Literal["thumbnail", "preview"]
DERIVATIVE_SIZES: dict[DerivativeKind, tuple[int, ...]] = {"thumbnail": (128, 256, 512), "preview": (1024, 2048, 4096)}
"""The sizes that are kept, px of the longer side."""
QUALITY: dict[DerivativeKind, int] = {"thumbnail": 70, "preview": 85}

# Pillow only warns up to twice this size; a bomb must be refused before it is decoded.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class RefusedPicture(ValueError):
    """Not a picture we take; the message is for the person who sent it."""


class Inspected(msgspec.Struct, frozen=True):
    """`width` and `height`, px, are those of the upright picture."""

    digest: str
    width: int
    height: int
    byte_size: int
    media_type: str
    orientation: int


def checked_file_name(name: str) -> str:
    """The name, if it is one. Raises RefusedPicture for paths, control characters, and endings we do not know."""
    if not name or len(name) > MAX_NAME_LENGTH:
        raise RefusedPicture(f"the file name must have 1 to {MAX_NAME_LENGTH} characters")
    if "/" in name or "\\" in name or name in (".", ".."):
        raise RefusedPicture("the file name must not hold a path")
    if not name.isprintable():
        raise RefusedPicture("the file name holds characters that cannot be shown")
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(sorted(SUFFIXES))
        raise RefusedPicture(f"files ending in {suffix or 'nothing'!r} are not taken; these are: {known}")
    return name


def inspect(name: str, content: bytes) -> Inspected:
    """Decode the picture once, whole. Raises RefusedPicture with the reason, for any file whatever."""
    if len(content) > MAX_FILE_BYTES:
        raise RefusedPicture(f"the file is over {MAX_FILE_BYTES // 2**20} MB")
    expected = SUFFIXES[PurePosixPath(name).suffix.lower()]
    with _opened(io.BytesIO(content)) as image:
        if image.format != expected:
            raise RefusedPicture(f"the name says {expected}, the content is {image.format}")
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise RefusedPicture(f"{width} x {height} pixels are over the limit of {MAX_PIXELS // 10**6} megapixels")
        orientation = int(image.getexif().get(ExifTags.Base.Orientation, 1) or 1)
        media_type = FORMATS[expected]
        image.load()
    if orientation not in range(1, 9):
        orientation = 1
    if orientation >= 5:
        width, height = height, width
    digest = hashlib.sha256(content).hexdigest()
    return Inspected(digest, width, height, len(content), media_type, orientation)


def upright(source: bytes | Path) -> Image.Image:
    """The decoded picture, turned as its EXIF says, RGB. Raises RefusedPicture if it cannot be decoded."""
    with _opened(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def derivative(content: bytes, kind: DerivativeKind, size: int) -> bytes:
    """A WebP of at most `size` px on its longer side, upright, without any metadata of the original."""
    with _opened(io.BytesIO(content)) as image:
        # JPEG decodes straight to a half, quarter or eighth: most of a thumbnail's time.
        image.draft("RGB", (size * 2, size * 2))
        small = ImageOps.exif_transpose(image).convert("RGB")
        small.thumbnail((size, size), Image.Resampling.BICUBIC if kind == "thumbnail" else Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    small.save(encoded, "WEBP", quality=QUALITY[kind], method=0 if kind == "thumbnail" else 2)
    return encoded.getvalue()


@contextmanager
def _opened(file: io.BytesIO | Path) -> Generator[Image.Image, None, None]:
    try:
        with warnings.catch_warnings():
            # Pillow's warnings tell of damaged metadata or of a bomb; the first is harmless, the second is checked.
            warnings.simplefilter("ignore")
            with Image.open(file, formats=list(FORMATS)) as image:
                yield image
    except RefusedPicture:
        raise
    except Image.DecompressionBombError as bomb:
        raise RefusedPicture(f"the picture is over the limit of {MAX_PIXELS // 10**6} megapixels") from bomb
    except UnidentifiedImageError as unknown:
        raise RefusedPicture(UNKNOWN_FORMAT) from unknown
    except Exception as broken:
        if isinstance(broken.__context__, UnidentifiedImageError):
            # Where Ultralytics is loaded, Pillow's `open` first looks for a package that knows more formats.
            raise RefusedPicture(UNKNOWN_FORMAT) from broken
        # Decoders raise whatever they like on damaged input: OSError, SyntaxError, ValueError, struct.error.
        raise RefusedPicture(f"the picture is damaged: {broken}") from broken
