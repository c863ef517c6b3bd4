"""A backup taken from a running platform, and another one filled from it."""

import io
import json
import signal
import tarfile
from pathlib import Path

import httpx
import pytest
from PIL import Image
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.cli.running import START_S, Platform


def picture() -> bytes:
    content = io.BytesIO()
    Image.effect_noise((64, 48), 50).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def archive(platform: Platform, tmp_path: Path) -> Path:
    """A backup of a project with one picture and its box, taken while it is being served."""
    archive = tmp_path / "backup.tar"
    platform.up(AUTOANNOTATE_WORKERS="0")
    with httpx.Client(base_url=platform.address) as client:
        project = client.post("/api/projects", json={"name": "Wheat", "task": "detect"}).json()["id"]
        client.post(f"/api/projects/{project}/categories", json={"name": "ear"}).raise_for_status()
        upload = client.post(f"/api/projects/{project}/images", files={"files": ("field.png", picture())})
        assert upload.status_code == 201, upload.text
    status, said = platform.run("backup", str(archive))
    assert status == 0, said
    assert said.endswith("1 blobs\n")
    return archive


def everything(address: str) -> tuple[object, ...]:
    """What a client sees of the only project, pictures' bytes included."""
    with httpx.Client(base_url=address) as client:
        (project,) = client.get("/api/projects").json()["items"]
        events = client.get(f"/api/projects/{project['id']}/events").json()["items"]
        (image,) = client.get(f"/api/projects/{project['id']}/images").json()["items"]
        return project, events, image, client.get(f"/api/images/{image['id']}/file").content


def epoch_of(platform: Platform) -> int:
    """As the feed announces it to a page."""
    (project,) = httpx.get(f"{platform.address}/api/projects").json()["items"]
    address = f"ws://127.0.0.1:{platform.port}/ws/projects/{project['id']}"
    with connect(address, origin=Origin(platform.address)) as feed:
        return json.loads(feed.recv(START_S))["epoch"]


def test_a_restored_platform_serves_the_same_and_tells_open_pages_to_load_afresh(
    platform: Platform, second_platform: Platform, archive: Path
) -> None:
    before = everything(platform.address)
    epoch = epoch_of(platform)
    assert platform.end(signal.SIGINT) == 0

    status, said = second_platform.run("restore", str(archive))
    assert status == 0, said
    second_platform.up(AUTOANNOTATE_WORKERS="0")
    assert everything(second_platform.address) == before
    assert epoch_of(second_platform) > epoch
    assert second_platform.end(signal.SIGINT) == 0

    status, said = second_platform.run("restore", str(archive))
    assert (status, said) == (2, "autoannotate: the database holds a log already; restore into an empty one\n")


def test_pictures_are_readable_by_their_owner_alone(platform: Platform, archive: Path) -> None:
    files = [path for path in (platform.data_dir / "blobs").rglob("*") if path.is_file()]
    assert files
    assert [path for path in [*files, platform.data_dir / "blobs", archive] if path.stat().st_mode & 0o077] == []


def test_a_damaged_backup_is_refused_whole(platform: Platform, second_platform: Platform, archive: Path) -> None:
    with tarfile.open(archive) as tar:
        (member,) = [member for member in tar if member.name.startswith("blobs/")]
    content = bytearray(archive.read_bytes())
    content[member.offset_data + 20] ^= 1
    archive.write_bytes(content)
    status, said = second_platform.run("restore", str(archive))
    assert (status, said) == (2, f"autoannotate: {archive} is damaged: {member.name}\n")


def test_half_a_backup_is_refused(platform: Platform, second_platform: Platform, archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-20_000])
    status, said = second_platform.run("restore", str(archive))
    assert status == 2
    assert said.startswith(f"autoannotate: {archive} is no whole backup: ")


def test_a_backup_never_overwrites_a_file(platform: Platform, archive: Path) -> None:
    assert platform.run("backup", str(archive)) == (2, f"autoannotate: {archive} exists already\n")


def test_nothing_is_restored_under_a_running_platform(platform: Platform, archive: Path) -> None:
    status, said = platform.run("restore", str(archive))
    assert (status, said) == (2, f"autoannotate: already running at {platform.address} with {platform.data_dir}\n")
