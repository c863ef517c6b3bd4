"""Executing commands over a log that others write to as well, with answers that get lost."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from adapters.clock import new_id
from adapters.memory import MemoryEventStore
from domain import project as projects
from domain.errors import DomainError, DuplicateName
from domain.events import ProjectCreated
from domain.execute import PROJECT, Decision, Executor, Look, Outcome
from domain.ids import LOCAL_ACTOR
from domain.project import ProjectState

pytestmark = pytest.mark.asyncio


class Command:
    def __init__(self, executor: Executor, project_id: UUID) -> None:
        self.executor = executor
        self.project_id = project_id

    async def __call__(self, decide: Any, command_id: UUID | None = None) -> Outcome[ProjectState]:
        async def decision(state: ProjectState, _look: Look) -> Decision:
            return Decision(decide(state))

        return await self.executor.execute(
            PROJECT,
            self.project_id,
            decision,
            project_id=self.project_id,
            actor_id=LOCAL_ACTOR,
            command_id=command_id,
        )


@pytest.fixture
def store() -> MemoryEventStore:
    return MemoryEventStore()


@pytest.fixture
def project_id() -> UUID:
    return new_id()


@pytest.fixture
async def here(store: MemoryEventStore, project_id: UUID) -> Command:
    command = Command(Executor(store, new_id), project_id)
    await command(lambda _state: [ProjectCreated("one", "", "detect")])
    return command


@pytest.fixture
def elsewhere(store: MemoryEventStore, project_id: UUID) -> Command:
    """Another process."""
    return Command(Executor(store, new_id), project_id)


async def test_nothing_to_do_is_believed_only_after_a_look_at_the_log(here: Command, elsewhere: Command) -> None:
    await here(projects.decide_trash)
    await elsewhere(projects.decide_restore)
    # In the eyes of this process it still lies in the trash.
    outcome = await here(projects.decide_trash)
    assert (outcome.state.trashed, outcome.position) == (True, 4)


async def test_a_refusal_is_believed_only_after_a_look_at_the_log(here: Command, elsewhere: Command) -> None:
    await here(projects.decide_trash)
    await elsewhere(projects.decide_restore)
    outcome = await here(lambda state: projects.decide_rename(state, "two", ""))
    assert outcome.state.name == "two"


async def test_a_command_whose_answer_was_lost_is_not_refused_for_what_it_did(here: Command) -> None:
    category, key = new_id(), new_id()

    def add(state: ProjectState) -> list[Any]:
        return projects.decide_add_category(state, category, "cell", None, None)

    first = await here(add, key)
    with pytest.raises(DuplicateName):
        await here(lambda state: projects.decide_add_category(state, new_id(), "cell", None, None), new_id())
    again = await here(add, key)
    assert (again.before, again.state) == (first.before, first.state)
    assert (again.position, again.duplicate) == (first.position, True)
    assert len(await here.executor.store.read_stream(here.project_id)) == 2


async def test_a_command_whose_answer_was_lost_has_its_position_though_nothing_is_left_to_do(here: Command) -> None:
    key = new_id()
    first = await here(projects.decide_trash, key)
    again = await here(projects.decide_trash, key)
    assert (again.position, again.duplicate) == (first.position, True)


async def test_a_command_whose_answer_was_lost_is_not_done_again_after_others_undid_it(
    here: Command, elsewhere: Command
) -> None:
    key = new_id()
    await here(projects.decide_trash, key)
    await elsewhere(projects.decide_restore)
    again = await here(projects.decide_trash, key)
    assert (again.state.trashed, again.duplicate) == (False, True)
    assert (again.before.version, again.state.version) == (1, 3)


async def test_two_of_the_same_command_at_once_are_one(here: Command) -> None:
    category, key = new_id(), new_id()
    outcomes = await asyncio.gather(
        *(here(lambda s: projects.decide_add_category(s, category, "cell", None, None), key) for _ in range(5))
    )
    assert [outcome.position for outcome in outcomes] == [2] * 5


async def test_a_refusal_of_a_new_command_stays_one(here: Command) -> None:
    with pytest.raises(DomainError):
        await here(lambda state: projects.decide_unmerge(state, new_id()), new_id())
