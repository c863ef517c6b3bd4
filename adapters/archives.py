"""Zips from outside: opened with their limits, entry by entry refused for what no honest zip holds."""

import zipfile
from pathlib import Path, PurePosixPath

from adapters.pictures import MAX_FILE_BYTES
from domain.errors import InvalidInput, Problem, TooLarge

MAX_ZIP_ENTRIES = 100_000
MAX_ZIP_RATIO = 100
"""Unpacked to packed; pictures hardly shrink, so more than this is a bomb."""
SMALL_BYTES = 1 << 20
"""Label files shrink well: below this size the ratio harms nobody."""


def open_zip(path: Path) -> zipfile.ZipFile:
    """Raises InvalidInput for what is no zip, TooLarge for more entries than anyone means."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as broken:
        raise InvalidInput(f"The body is not a zip: {broken}", [Problem("", "not a zip")]) from broken
    if len(archive.infolist()) > MAX_ZIP_ENTRIES:
        archive.close()
        raise TooLarge(f"The zip has more than {MAX_ZIP_ENTRIES} entries.")
    return archive


def refusal_of_entry(entry: zipfile.ZipInfo) -> str | None:
    """Why an entry is not read, or None: paths that leave the zip, links, bombs, encryption."""
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    if not parts or ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0]:
        return "the path leaves the zip"
    if (entry.external_attr >> 16) & 0o170000 == 0o120000:
        return "it is a link"
    if entry.flag_bits & 0x1:
        return "it is encrypted"
    if entry.file_size > MAX_FILE_BYTES:
        return f"the file is over {MAX_FILE_BYTES // 2**20} MB"
    if entry.file_size > max(SMALL_BYTES, MAX_ZIP_RATIO * max(entry.compress_size, 1)):
        return "it unpacks to more than a hundred times its size"
    return None


def extract_all(archive: zipfile.ZipFile, folder: Path) -> list[tuple[str, str]]:
    """Every honest entry below `folder`; (name, reason) of the rest."""
    refused: list[tuple[str, str]] = []
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        if reason := refusal_of_entry(entry):
            refused.append((entry.filename[:500], reason))
            continue
        target = folder.joinpath(*PurePosixPath(entry.filename.replace("\\", "/")).parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(entry))
        except (zipfile.BadZipFile, OSError, NotImplementedError, EOFError, ValueError) as broken:
            refused.append((entry.filename[:500], f"it cannot be unpacked: {broken}"))
    return refused
