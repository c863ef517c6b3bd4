"""A backup is consistent with itself or is not made; a restore is whole or leaves the database as it was."""

import asyncio
import hashlib
import io
import tarfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from adapters.backup import BackupError, Manifest, restore_backup, write_backup
from adapters.blobs import open_blob_store, original_name
from adapters.clock import new_id
from adapters.database import connected
from adapters.read_model import REBUILT_TABLES
from adapters.rebuild import rebuild, table_hash
from adapters.settings import Settings
from domain.events import ExportRequested, ExportWritten, ImageRegistered
from domain.execute import EXPORT, Executor
from tests.adapters.labelled_log import Labelled, labelled_log
from tests.builders import picture


@pytest.fixture
def backed_up(empty_settings: Settings, tmp_path: Path) -> Settings:
    return msgspec.structs.replace(empty_settings, blob_url=(tmp_path / "blobs").as_uri())


@pytest_asyncio.fixture
async def elsewhere(backed_up: Settings, tmp_path: Path) -> AsyncIterator[Settings]:
    """Another database and blob store, both empty."""
    async with connected(backed_up.database_url) as connection:
        await connection.execute("CREATE DATABASE restored")
        try:
            url = backed_up.database_url.replace("/autoannotate?", "/restored?")
            blobs = (tmp_path / "restored").as_uri()
            yield msgspec.structs.replace(backed_up, given_database_url=url, blob_url=blobs)
        finally:
            await connection.execute("DROP DATABASE restored WITH (FORCE)")


async def hashes(url: str) -> dict[str, str]:
    async with connected(url) as connection:
        return {table: await table_hash(connection, "public", table) for table in REBUILT_TABLES}


async def register(scene: Labelled, settings: Settings, seed: int) -> str:
    """A picture, its bytes stored before it is told; its digest."""
    content = picture(seed)
    digest = hashlib.sha256(content).hexdigest()
    await open_blob_store(settings.blob_url).put(original_name(digest), content)
    await scene.image(ImageRegistered(f"{seed}.png", digest, 64, 48, len(content), "image/png"))
    return digest


async def scene_with_pictures(executor: Executor, settings: Settings) -> Labelled:
    scene = await labelled_log(executor, 0)
    for seed in range(3):
        await register(scene, settings, seed)
    return scene


def rewritten(archive: Path, target: Path, change: Callable[[Manifest], Manifest]) -> Path:
    """The same archive with another manifest."""
    with tarfile.open(archive) as source, tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as output:
        for member in source:
            content = source.extractfile(member)
            assert content is not None
            data = content.read()
            if member.name == "manifest.json":
                data = msgspec.json.encode(change(msgspec.json.decode(data, type=Manifest)))
                member.size = len(data)
            output.addfile(member, io.BytesIO(data))
    return target


async def test_a_backup_taken_while_people_work_holds_one_moment_of_it_with_every_picture(
    executor: Executor, backed_up: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    scene = await scene_with_pictures(executor, backed_up)
    done = asyncio.Event()

    async def work() -> None:
        for seed in range(100, 10_000):
            if done.is_set():
                return
            await register(scene, backed_up, seed)
            await asyncio.sleep(0.005)

    working = asyncio.create_task(work())
    manifest = await asyncio.to_thread(lambda: asyncio.run(write_backup(backed_up, tmp_path / "backup.tar")))
    done.set()
    await working
    await restore_backup(elsewhere, tmp_path / "backup.tar")
    store = open_blob_store(elsewhere.blob_url)
    async with connected(elsewhere.database_url) as restored, connected(backed_up.database_url) as original:
        wanted = "SELECT event_id FROM events WHERE position <= $1 ORDER BY position"
        assert await restored.fetch(wanted, 2**62) == await original.fetch(wanted, manifest.position)
        assert await original.fetchval("SELECT position FROM log_head") > manifest.position
        digests = [row["digest"] for row in await restored.fetch("SELECT digest FROM images")]
        assert len(digests) == manifest.blobs
        for digest in digests:
            assert hashlib.sha256(await store.get(original_name(digest))).hexdigest() == digest
    assert (await rebuild(elsewhere.database_url, swap=False)).equal


async def test_every_restore_gets_an_epoch_of_its_own(
    executor: Executor, backed_up: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    await scene_with_pictures(executor, backed_up)
    manifest = await write_backup(backed_up, tmp_path / "backup.tar")
    before = int(time.time())
    await restore_backup(elsewhere, tmp_path / "backup.tar")
    async with connected(elsewhere.database_url) as connection:
        # Of the clock, so that two restores of one backup differ, and later than any epoch before.
        assert manifest.epoch < before <= await connection.fetchval("SELECT epoch FROM log_head") <= time.time()
    assert await hashes(elsewhere.database_url) == await hashes(backed_up.database_url)


async def test_a_restore_that_is_not_whole_leaves_the_database_empty_for_the_next_try(
    executor: Executor, backed_up: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    await scene_with_pictures(executor, backed_up)
    await write_backup(backed_up, tmp_path / "backup.tar")
    lying = rewritten(
        tmp_path / "backup.tar",
        tmp_path / "lying.tar",
        lambda manifest: msgspec.structs.replace(manifest, position=manifest.position + 1),
    )
    with pytest.raises(BackupError, match="the restored log is not whole"):
        await restore_backup(elsewhere, lying)
    async with connected(elsewhere.database_url) as connection:
        assert await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []
    await restore_backup(elsewhere, tmp_path / "backup.tar")


async def test_another_programs_tables_are_never_touched(
    executor: Executor, backed_up: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    await scene_with_pictures(executor, backed_up)
    await write_backup(backed_up, tmp_path / "backup.tar")
    async with connected(elsewhere.database_url) as connection:
        await connection.execute("CREATE TABLE invoices AS SELECT 1 AS id")
        with pytest.raises(BackupError, match="tables that are not Auto-Annotation's"):
            await restore_backup(elsewhere, tmp_path / "backup.tar")
        assert await connection.fetchval("SELECT id FROM invoices") == 1
    assert not (tmp_path / "restored").exists()


async def test_a_lost_picture_stops_the_backup_and_leaves_no_file(
    executor: Executor, backed_up: Settings, tmp_path: Path
) -> None:
    scene = await scene_with_pictures(executor, backed_up)
    digest = await register(scene, backed_up, 9)
    await open_blob_store(backed_up.blob_url).delete(original_name(digest))
    with pytest.raises(BackupError, match=f"the blob {original_name(digest)} is missing"):
        await write_backup(backed_up, tmp_path / "backup.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["blobs"]


async def test_an_export_that_an_erasure_took_is_left_out(
    executor: Executor, backed_up: Settings, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    scene = await scene_with_pictures(executor, backed_up)
    blob = f"exports/aa/{'a' * 64}.zip"
    await scene.append_to(
        EXPORT, new_id(), ExportRequested(new_id(), "coco", 1, {}), ExportWritten(blob, 1, "a" * 64, 1, 1)
    )
    assert await pool.fetchval("SELECT blob FROM exports") == blob
    manifest = await write_backup(backed_up, tmp_path / "backup.tar")
    assert (manifest.blobs, f"blobs/{blob}" in manifest.sha256) == (3, False)
