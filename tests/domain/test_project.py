"""A project and its categories: given, when, then."""

import pytest

from adapters.clock import new_id
from domain import events as e
from domain import project as projects
from domain.errors import Conflict, DuplicateName, InvalidInput, NotFound, WrongState
from domain.ids import LOCAL_ACTOR
from domain.project import PALETTE, ProjectState, evolve

RED, WHITE = new_id(), new_id()


def after(*events: e.Event) -> ProjectState:
    state = ProjectState(new_id())
    for version, event in enumerate((e.ProjectCreated("cells", "", "detect"), *events), start=1):
        state = evolve(state, version, LOCAL_ACTOR, event)
    return state


ADDED = (e.CategoryAdded(RED, "RBC", PALETTE[0], "1", 0), e.CategoryAdded(WHITE, "WBC", PALETTE[1], None, 1))


def test_colours_come_from_the_palette_in_turn():
    (event,) = projects.decide_add_category(after(*ADDED), new_id(), "platelet", None, None)
    assert isinstance(event, e.CategoryAdded)
    assert (event.color, event.ordinal) == (PALETTE[2], 2)


def test_names_and_keys_are_unique_whatever_their_case():
    with pytest.raises(DuplicateName):
        projects.decide_add_category(after(*ADDED), new_id(), "rbc", None, None)
    with pytest.raises(Conflict, match="already picks"):
        projects.decide_add_category(after(*ADDED), new_id(), "new", None, "1")
    with pytest.raises(InvalidInput, match="must look like"):
        projects.decide_add_category(after(), new_id(), "new", "red", None)


def test_a_merged_category_counts_as_its_heir_through_any_chain():
    third = new_id()
    state = after(*ADDED, e.CategoryAdded(third, "x", PALETTE[2], None, 2), e.CategoryMerged(WHITE, third))
    (event,) = projects.decide_merge(state, third, RED)
    state = evolve(state, 9, LOCAL_ACTOR, event)
    assert state.resolved(WHITE) == state.resolved(third) == RED
    assert [category.category_id for category in state.active_categories()] == [RED]


def test_a_merge_into_itself_or_into_a_merged_one_is_refused():
    state = after(*ADDED, e.CategoryMerged(WHITE, RED))
    for category, into in ((RED, RED), (RED, WHITE), (RED, new_id())):
        with pytest.raises(InvalidInput):
            projects.decide_merge(state, category, into)
    with pytest.raises(WrongState):
        projects.decide_merge(state, WHITE, RED)


def test_unmerging_needs_the_name_to_be_free():
    state = after(*ADDED, e.CategoryMerged(WHITE, RED), e.CategoryAdded(new_id(), "wbc", PALETTE[3], None, 2))
    with pytest.raises(DuplicateName):
        projects.decide_unmerge(state, WHITE)


def test_a_category_in_use_needs_a_heir():
    state = after(*ADDED)
    with pytest.raises(Conflict, match="3 annotations"):
        projects.decide_remove_category(state, RED, None, 3)
    assert projects.decide_remove_category(state, RED, None, 0) == [e.CategoryRemoved(RED, None)]
    removed = after(*ADDED, e.CategoryRemoved(RED, WHITE))
    assert removed.resolved(RED) == WHITE
    assert after(*ADDED, e.CategoryRemoved(RED, None)).resolved(RED) is None


def test_a_trashed_project_takes_nothing_until_it_is_restored():
    trashed = after(e.ProjectTrashed())
    with pytest.raises(WrongState, match="trash"):
        projects.decide_rename(trashed, "new", "")
    assert projects.decide_restore(trashed) == [e.ProjectRestored()]
    assert projects.decide_trash(trashed) == []
    with pytest.raises(NotFound):
        projects.decide_trash(ProjectState(new_id()))
