"""The live feed: events in order, resume from a cursor, resync, progress, a strange origin."""

import asyncio
import json
import threading
from contextlib import asynccontextmanager

import asyncpg
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from adapters import feed as feed_source
from api import feed
from api.feed import Connections
from tests.api.conftest import Api
from tests.deaf_listener import deaf_listener


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
            # Of the project itself it may hear too, if it asked before the hub had.
            events += [event for event in (await frame("events"))["events"] if event["type"] == "category.added"]
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


async def test_a_cursor_ahead_of_a_process_that_lags_goes_on_without_a_resync(base_url: str, api: Api, monkeypatch):
    """The client heard the event from a faster process and came over to one that has not read it yet."""
    project = await in_thread(api.project)
    standing, go_on = threading.Event(), threading.Event()

    async def deaf(event: asyncio.Event, _within_s: float) -> bool:
        standing.set()
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        return event.is_set()

    monkeypatch.setattr(feed_source, "_happens", deaf)
    try:
        await in_thread(api.category, project, "read before it lags")
        assert await in_thread(standing.wait, 5)
        await in_thread(api.category, project, "heard elsewhere")
        async with listening(base_url, project) as frame:
            behind = await frame("welcome")
        ahead = (await in_thread(api.call, "GET", f"/api/projects/{project}/events"))["items"][-1]["position"]
        assert behind["head"] < ahead
        cursor = f"{behind['epoch']}:{ahead}"
        async with connect(base_url.replace("http", "ws") + f"/ws/projects/{project}?cursor={cursor}") as client:
            welcome = json.loads(await asyncio.wait_for(client.recv(), 5))
            go_on.set()
            await in_thread(api.category, project, "next")
            following = json.loads(await asyncio.wait_for(client.recv(), 5))
    finally:
        go_on.set()
    assert (welcome["type"], welcome["head"]) == ("welcome", ahead)
    assert following["type"] == "events"
    assert [event["data"]["name"] for event in following["events"]] == ["next"]


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


async def test_presence_reaches_the_others(base_url: str, api: Api):
    project = await in_thread(api.project)
    address = base_url.replace("http", "ws") + f"/ws/projects/{project}"
    async with listening(base_url, project) as frame, connect(address) as other:
        await frame("welcome")
        await other.send('{"type": "presence", "name": "Ada", "image_id": null}')
        await other.send('{"type": "presence"}')
        await other.send("no JSON")
        await other.send('["presence"]')
        await other.send(json.dumps({"type": "presence", "name": "x" * 3_000}))
        assert (await frame("presence"))["name"] == "Ada"
        await in_thread(api.category, project, "still here")
        assert (await frame("events"))["events"][0]["data"]["name"] == "still here"


async def test_silence_is_broken_by_a_heartbeat_with_the_head(base_url: str, api: Api, monkeypatch):
    monkeypatch.setattr(feed, "HEARTBEAT_S", 0.2)
    mine, other = await in_thread(api.project), await in_thread(api.project)
    async with listening(base_url, mine) as frame:
        welcome = await frame("welcome")
        assert welcome["heartbeat_s"] == 0.2
        await in_thread(api.category, other, "moves the head")
        while (beat := await frame("heartbeat"))["head"] <= welcome["head"]:
            pass
        assert beat["epoch"] == welcome["epoch"]


async def test_a_client_that_does_not_read_is_closed_and_disturbs_nobody(base_url: str, api: Api, monkeypatch):
    monkeypatch.setattr(feed, "SEND_TIMEOUT_S", 0.5)
    project = await in_thread(api.project)
    for change in range(100):
        description = f"{change}" + "\N{MICROSCOPE}" * 9_990
        await in_thread(
            lambda text: api.call("PATCH", f"/api/projects/{project}", json={"description": text}), description
        )
    # 4 MB are to be caught up with, more than the kernel takes in for a receiver without room.
    deaf = await in_thread(deaf_listener, base_url, f"/ws/projects/{project}?cursor=1:0")
    try:
        async with listening(base_url, project) as frame:
            await frame("welcome")
            both = Connections.count
            async with asyncio.timeout(30):
                while Connections.count == both:
                    await asyncio.sleep(0.05)
            await in_thread(api.category, project, "heard at once")
            assert (await frame("events"))["events"][0]["data"]["name"] == "heard at once"
    finally:
        deaf.close()


async def test_much_to_catch_up_with_comes_in_frames_of_a_bearable_size(base_url: str, api: Api):
    project = await in_thread(api.project)
    head = await in_thread(api.call, "GET", f"/api/projects/{project}/events")
    for change in range(20):
        text = f"{change}" + "\N{MICROSCOPE}" * 9_990
        await in_thread(lambda text: api.call("PATCH", f"/api/projects/{project}", json={"description": text}), text)
    frames: list[dict] = []
    async with listening(base_url, project, f"{head['epoch']}:{head['head']}") as frame:
        while sum(len(one["events"]) for one in frames) < 20:
            frames.append(await frame("events"))
    assert len(frames) > 2
    positions = [event["position"] for one in frames for event in one["events"]]
    assert positions == sorted(set(positions))
    assert all(one["position"] >= one["events"][-1]["position"] for one in frames)
