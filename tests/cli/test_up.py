"""`autoannotate up`: started, interrupted, killed, and started again on the same data."""

import signal
import socket
import time

import httpx
import psutil
import pytest

from adapters.embedded_postgres import start_postgres
from adapters.embedded_valkey import start_valkey
from tests.builders import picture
from tests.cli.running import START_S, Platform, lines_until


def project_names(address: str) -> list[str]:
    answer = httpx.get(f"{address}/api/projects")
    answer.raise_for_status()
    return [project["name"] for project in answer.json()["items"]]


def test_up_serves_until_it_is_interrupted_and_again_after_it_was_killed(platform: Platform) -> None:
    platform.up()
    created = httpx.post(f"{platform.address}/api/projects", json={"name": "Wheat", "task": "detect"})
    assert created.status_code == 201, created.text
    assert platform.end(signal.SIGINT) == 0

    platform.up()
    assert project_names(platform.address) == ["Wheat"]
    assert platform.end(signal.SIGKILL) == -signal.SIGKILL

    platform.up()
    assert project_names(platform.address) == ["Wheat"]
    assert platform.end(signal.SIGTERM) == 0


def test_an_api_that_was_killed_is_brought_back(platform: Platform) -> None:
    platform.up()
    assert platform.supervisor is not None
    (api,) = [child for child in platform.family if "api.app:create_app" in child.cmdline()]
    api.kill()
    said = lines_until(platform.supervisor, "API")
    assert said[-1] == "autoannotate: API was killed by SIGKILL; starting it again in 0.5 s\n"
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{platform.address}/health/live").status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.05)
    assert project_names(platform.address) == []
    platform.family = psutil.Process(platform.supervisor.pid).children(recursive=True)
    assert platform.end(signal.SIGINT) == 0


def test_a_second_up_on_the_same_data_says_where_the_first_one_is(platform: Platform) -> None:
    platform.up()
    second = platform.autoannotate("up", AUTOANNOTATE_PORT="1")
    output, _ = second.communicate(timeout=START_S)
    assert (second.returncode, output) == (
        2,
        f"autoannotate: already running at {platform.address} with {platform.data_dir}\n",
    )
    assert platform.end(signal.SIGINT) == 0


def test_a_taken_port_is_named_before_anything_is_started(platform: Platform) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", platform.port))
        other.listen()
        refused = platform.autoannotate("up")
        output, _ = refused.communicate(timeout=START_S)
    assert refused.returncode == 2
    assert output.startswith(f"autoannotate: cannot listen on {platform.address} (Address already in use)")
    assert not (platform.data_dir / "postgres").exists()


def test_a_setting_that_cannot_work_is_named(platform: Platform) -> None:
    refused = platform.autoannotate("up", AUTOANNOTATE_WORKERS="many")
    output, _ = refused.communicate(timeout=START_S)
    assert (refused.returncode, output) == (
        2,
        "autoannotate: AUTOANNOTATE_WORKERS=many must be a whole number from 0 to 256\n",
    )


def test_a_database_that_does_not_answer_is_reported(platform: Platform) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        port = nobody_listens.getsockname()[1]
        refused = platform.autoannotate(
            "up", DATABASE_URL=f"postgresql://me@127.0.0.1:{port}/db", REDIS_URL="redis://127.0.0.1:1"
        )
        output, _ = refused.communicate(timeout=START_S)
    assert refused.returncode == 2
    assert output.startswith("autoannotate: the database that DATABASE_URL names does not answer: ")


@pytest.mark.parametrize("program", ["api", "worker"])
def test_a_process_by_itself_needs_its_servers_named(platform: Platform, program: str) -> None:
    refused = platform.autoannotate(program)
    output, _ = refused.communicate(timeout=START_S)
    assert (refused.returncode, output) == (
        2,
        "autoannotate: DATABASE_URL is not set, and this process was not started by `autoannotate up`\n",
    )


def test_servers_that_are_named_are_used_and_none_is_started(platform: Platform, second_platform: Platform) -> None:
    postgres, valkey = start_postgres(second_platform.data_dir), start_valkey(second_platform.data_dir)
    blobs = platform.data_dir / "elsewhere"
    try:
        platform.up(DATABASE_URL=postgres.url, REDIS_URL=valkey.url, BLOB_URL=blobs.as_uri())
        project = httpx.post(f"{platform.address}/api/projects", json={"name": "Elsewhere"}).json()["id"]
        files = {"files": ("a.png", picture())}
        uploaded = httpx.post(f"{platform.address}/api/projects/{project}/images", files=files)
        assert uploaded.status_code == 201, uploaded.text
        assert any(path.is_file() for path in blobs.rglob("*"))
        assert not (platform.data_dir / "postgres").exists()
        assert not (platform.data_dir / "valkey").exists()
        assert platform.end(signal.SIGINT) == 0
        assert postgres.alive()
        assert valkey.alive()
    finally:
        valkey.stop()
        postgres.stop()


def test_a_data_folder_below_folders_that_are_not_there_yet_is_made(platform: Platform) -> None:
    platform.data_dir = platform.data_dir / "new" / "and" / "deep"
    platform.up()
    assert platform.data_dir.stat().st_mode & 0o077 in (0o000, 0o001)
    assert platform.end(signal.SIGINT) == 0
