"""The live feed: events in order, resume from a cursor, resync, progress, a strange origin."""

import asyncio
import json
from contextlib import asynccontextmanager

import asyncpg
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.api.conftest import Api


@asynccontextmanager
async def listening(base_url: str, project: str, cursor: str | None = None, **options):
    address = base_url.replace("http", "ws") + f"/ws/projects/{project}" + (f"?cursor={cursor}" if cursor else "")
    async with connect(address, **options) as socket:

        async def frame(kind: str) -> dict:
            while True:
                received = json.loads(await asyncio.wait_for(socket.recv(), 5))
                if received["type"] == kind:
                    return received

        yield frame


async def in_thread(function, *args):
    return await asyncio.to_thread(function, *args)


async def test_an_event_reaches_the_listener_in_order(base_url: str, api: Api):
    project = await in_thread(api.project)
    async with listening(base_url, project) as frame:
        welcome = await frame("welcome")
        for name in ("one", "two", "three"):
            await in_thread(api.category, project, name)
        events = []
        while len(events) < 3:
            events += (await frame("events"))["events"]
    assert [event["data"]["name"] for event in events] == ["one", "two", "three"]
    assert events[0]["position"] > welcome["head"]


async def test_a_cursor_resumes_without_gap_or_double(base_url: str, api: Api):
    project = await in_thread(api.project)
    async with listening(base_url, project) as frame:
        welcome = await frame("welcome")
    for name in ("while", "away"):
        await in_thread(api.category, project, name)
    async with listening(base_url, project, f"{welcome['epoch']}:{welcome['head']}") as frame:
        first = await frame("events")
        await in_thread(api.category, project, "back")
        second = await frame("events")
    names = [event["data"]["name"] for event in first["events"] + second["events"]]
    assert names == ["while", "away", "back"]


@pytest.mark.parametrize("cursor", ["999:1", "1:999999999999", "nonsense"])
async def test_a_cursor_of_another_log_is_told_to_resync(base_url: str, api: Api, cursor: str):
    project = await in_thread(api.project)
    async with listening(base_url, project, cursor) as frame:
        resync = await frame("resync")
        await in_thread(api.category, project, "after")
        events = await frame("events")
    assert events["events"][0]["position"] > resync["head"]


async def test_other_projects_are_not_heard(base_url: str, api: Api):
    mine, other = await in_thread(api.project), await in_thread(api.project)
    async with listening(base_url, mine) as frame:
        await frame("welcome")
        await in_thread(api.category, other, "theirs")
        await in_thread(api.category, mine, "mine")
        events = await frame("events")
    assert [event["data"]["name"] for event in events["events"]] == ["mine"]


async def test_progress_passes_through(base_url: str, api: Api, api_settings):
    project = await in_thread(api.project)
    async with listening(base_url, project) as frame:
        await frame("welcome")
        connection = await asyncpg.connect(api_settings.database_url)
        told = {"project_id": project, "job_id": project, "progress": 0.25, "message": "half of half"}
        await connection.execute("SELECT pg_notify('progress', $1)", json.dumps(told))
        await connection.close()
        assert (await frame("progress"))["progress"] == 0.25


async def test_a_page_of_another_origin_may_not_listen(base_url: str, api: Api):
    project = await in_thread(api.project)
    with pytest.raises(ConnectionClosed) as closed:
        async with listening(base_url, project, origin="https://evil.example") as frame:
            await frame("welcome")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


async def test_an_unknown_project_is_told_so(base_url: str):
    with pytest.raises(ConnectionClosed) as closed:
        async with listening(base_url, "01890000-0000-7000-8000-000000000000") as frame:
            await frame("welcome")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404
