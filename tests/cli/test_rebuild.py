"""`autoannotate rebuild` beside a running platform."""

import asyncio
import re
import signal

import httpx

from adapters.database import connected
from adapters.embedded import start_postgres
from tests.cli.running import Platform

EQUAL = re.compile(r"^(\w+) +(\d+) rows  equal  [0-9a-f]{16}$", re.MULTILINE)


def test_the_read_models_are_proved_and_swapped_under_a_running_platform(platform: Platform) -> None:
    platform.up(AUTOANNOTATE_WORKERS="0")
    with httpx.Client(base_url=platform.address) as client:
        project = client.post("/api/projects", json={"name": "Wheat", "task": "detect"}).json()["id"]
        for name in ("ear", "leaf"):
            client.post(f"/api/projects/{project}/categories", json={"name": name}).raise_for_status()
        before = client.get(f"/api/projects/{project}/categories").json()
        status, said = platform.run("rebuild", "--batch-size", "1")
        assert status == 0, said
        assert {"projects": "1", "categories": "2"}.items() <= dict(EQUAL.findall(said)).items()
        assert said.endswith("rebuilt and swapped in at position 3\n")
        assert client.get(f"/api/projects/{project}/categories").json() == before
    assert platform.end(signal.SIGINT) == 0


def test_a_row_that_the_log_does_not_tell_is_found_and_then_gone(platform: Platform) -> None:
    platform.up(AUTOANNOTATE_WORKERS="0")
    with httpx.Client(base_url=platform.address) as client:
        client.post("/api/projects", json={"name": "Wheat", "task": "detect"}).raise_for_status()
        asyncio.run(rename_behind_the_log(start_postgres(platform.data_dir).url))
        status, said = platform.run("rebuild", "--check")
        assert status == 1, said
        assert re.search(r"^projects +1 rows  DIFFERENT", said, re.MULTILINE)
        assert client.get("/api/projects").json()["items"][0]["name"] == "Rye"
        assert platform.run("rebuild")[0] == 1
        assert client.get("/api/projects").json()["items"][0]["name"] == "Wheat"
        assert platform.run("rebuild", "--check")[0] == 0
    assert platform.end(signal.SIGINT) == 0


async def rename_behind_the_log(url: str) -> None:
    async with connected(url) as connection:
        await connection.execute("UPDATE projects SET name = 'Rye'")
