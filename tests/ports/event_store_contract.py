"""What every EventStore promises. Subclasses give the fixture `store`."""

import asyncio

import pytest

from adapters.clock import new_id
from domain.events import NewEvent, ProjectRenamed
from domain.ids import LOCAL_ACTOR
from domain.ports import Append, EventStore, Guard, StreamAppend


def renamed(stream_id, expected, *names, event_ids=None, guards=(), project_id=None):
    ids = event_ids or [new_id() for _ in names]
    events = [NewEvent(i, ProjectRenamed(name, "")) for i, name in zip(ids, names, strict=True)]
    return Append([StreamAppend(stream_id, expected, events)], project_id or stream_id, LOCAL_ACTOR, guards)


@pytest.mark.asyncio
class EventStoreContract:
    async def test_numbers_events_without_gaps_from_one(self, store: EventStore):
        a, b = new_id(), new_id()
        first = await store.append(renamed(a, 0, "one", "two"))
        second = await store.append(renamed(b, 0, "three"))
        assert (first.status, first.position, first.version) == ("ok", 2, 2)
        assert (second.status, second.position, second.version) == ("ok", 3, 1)
        assert [r.position for r in await store.read_log(0, 10)] == [1, 2, 3]
        assert (await store.head()).position == 3

    async def test_reads_a_stream_back_as_it_was_appended(self, store: EventStore):
        stream = new_id()
        await store.append(renamed(stream, 0, "first", "zweite ß ✓"))
        recorded = await store.read_stream(stream)
        assert [(r.version, r.event) for r in recorded] == [
            (1, ProjectRenamed("first", "")),
            (2, ProjectRenamed("zweite ß ✓", "")),
        ]
        assert [r.version for r in await store.read_stream(stream, after_version=1)] == [2]

    async def test_refuses_a_stale_version_and_writes_nothing(self, store: EventStore):
        stream = new_id()
        await store.append(renamed(stream, 0, "one"))
        refused = await store.append(renamed(stream, 0, "another one"))
        assert (refused.status, refused.stream_id, refused.version) == ("conflict", stream, 1)
        assert (await store.head()).position == 1

    async def test_knows_a_repeated_event_id(self, store: EventStore):
        stream, event_id = new_id(), new_id()
        original = await store.append(renamed(stream, 0, "one", event_ids=[event_id]))
        await store.append(renamed(stream, 1, "two"))
        again = await store.append(renamed(stream, 0, "one", event_ids=[event_id]))
        assert (again.status, again.position, again.version) == ("duplicate", original.position, original.version)
        assert (await store.head()).position == 2

    async def test_a_moved_guard_refuses(self, store: EventStore):
        project, image = new_id(), new_id()
        await store.append(renamed(project, 0, "one"))
        held = await store.append(renamed(image, 0, "a", guards=[Guard(project, 1)]))
        assert held.status == "ok"
        await store.append(renamed(project, 1, "two"))
        refused = await store.append(renamed(image, 1, "b", guards=[Guard(project, 1)]))
        assert (refused.status, refused.stream_id, refused.version) == ("conflict", project, 2)

    async def test_all_streams_of_a_unit_or_none(self, store: EventStore):
        a, b = new_id(), new_id()
        await store.append(renamed(b, 0, "there"))
        streams = [
            StreamAppend(a, 0, [NewEvent(new_id(), ProjectRenamed("x", ""))]),
            StreamAppend(b, 0, [NewEvent(new_id(), ProjectRenamed("y", ""))]),
        ]
        refused = await store.append(Append(streams, a, LOCAL_ACTOR))
        assert refused.status == "conflict"
        assert await store.read_stream(a) == []

    async def test_one_of_many_at_once_wins(self, store: EventStore):
        stream = new_id()
        answers = await asyncio.gather(*(store.append(renamed(stream, 0, f"n{i}")) for i in range(20)))
        assert sorted(a.status for a in answers) == ["conflict"] * 19 + ["ok"]

    async def test_the_log_of_one_project_holds_only_its_events(self, store: EventStore):
        a, b = new_id(), new_id()
        for stream, name in ((a, "1"), (b, "2"), (a, "3")):
            await store.append(renamed(stream, None, name))
        assert [r.position for r in await store.read_log(0, 10, a)] == [1, 3]
        assert [r.position for r in await store.read_log(1, 1, a)] == [3]
