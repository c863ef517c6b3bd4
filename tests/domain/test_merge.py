"""Merging two categories and back is the identity, whatever happened to the categories before."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import new_id
from domain import events as e
from domain import project as p
from domain.errors import Conflict, DomainError
from domain.ids import LOCAL_ACTOR
from domain.project import Category, ProjectState, evolve

IDS = [new_id() for _ in range(5)]
NAMES = ["RBC", "WBC", "platelet", "rbc", "dust"]
KEYS = [None, "1", "2"]


def after(state: ProjectState, decided: list[e.Event]) -> ProjectState:
    for event in decided:
        state = evolve(state, state.version + 1, LOCAL_ACTOR, event)
    return state


@st.composite
def projects(draw) -> ProjectState:
    """What a dozen decisions about five categories may lead to."""
    state = after(ProjectState(new_id()), [e.ProjectCreated("cells", "", "detect")])
    for _ in range(draw(st.integers(2, 12))):
        one, other = draw(st.sampled_from(IDS)), draw(st.sampled_from(IDS))
        name, key = draw(st.sampled_from(NAMES)), draw(st.sampled_from(KEYS))
        decisions = [
            lambda s, one=one, name=name, key=key: (
                [] if one in s.categories else p.decide_add_category(s, one, name, None, key)
            ),
            lambda s, one=one, name=name, key=key: p.decide_change_category(s, one, name, None, key),
            lambda s, one=one, other=other: p.decide_merge(s, one, other),
            lambda s, one=one: p.decide_unmerge(s, one),
            lambda s, one=one, other=other: p.decide_remove_category(s, one, other, 3),
            lambda s, one=one: p.decide_remove_category(s, one, None, 0),
        ]
        try:
            state = after(state, draw(st.sampled_from(decisions))(state))
        except DomainError:
            continue
    # The merge needs two.
    for spare in (f"spare {n}" for n in range(2 - len(state.active_categories()))):
        state = after(state, p.decide_add_category(state, new_id(), spare, None, None))
    return state


def meaning(state: ProjectState) -> tuple[dict[UUID, Category], list[Category], dict[UUID, UUID | None]]:
    """Every category, the active ones in order, and what an annotation of each counts as."""
    return dict(state.categories), state.active_categories(), {one: state.resolved(one) for one in state.categories}


@given(projects(), st.data())
def test_merge_and_back_is_the_identity(state: ProjectState, data: st.DataObject) -> None:
    active = state.active_categories()
    one, other = data.draw(st.permutations(active))[:2]
    merged = after(state, p.decide_merge(state, one.category_id, other.category_id))
    assert merged.resolved(one.category_id) == other.category_id
    back = after(merged, p.decide_unmerge(merged, one.category_id))
    assert meaning(back) == meaning(state)


@given(projects(), st.data())
def test_a_removal_is_taken_back_the_same_way(state: ProjectState, data: st.DataObject) -> None:
    active = state.active_categories()
    one, other = data.draw(st.permutations(active))[:2]
    removed = after(state, p.decide_remove_category(state, one.category_id, other.category_id, 7))
    assert meaning(after(removed, p.decide_unmerge(removed, one.category_id))) == meaning(state)


@pytest.mark.parametrize(("name", "hotkey"), [("RBC", None), ("dust", "1")])
def test_what_took_its_name_or_key_meanwhile_is_named(name: str, hotkey: str | None) -> None:
    state = after(ProjectState(new_id()), [e.ProjectCreated("cells", "", "detect")])
    state = after(state, p.decide_add_category(state, IDS[0], "RBC", None, "1"))
    state = after(state, p.decide_add_category(state, IDS[1], "WBC", None, None))
    state = after(state, p.decide_merge(state, IDS[0], IDS[1]))
    state = after(state, p.decide_add_category(state, IDS[2], name, None, hotkey))
    with pytest.raises(Conflict, match=name):
        p.decide_unmerge(state, IDS[0])
