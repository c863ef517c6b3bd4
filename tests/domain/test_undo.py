"""Undo brings back exactly what the chosen events changed, and only that."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import new_id
from domain import events as e
from domain.geometry import Box
from domain.image import ImageState, evolve
from domain.undo import decide_undo

IMAGE, PROJECT, ALICE, BOB, RED, WHITE = (new_id() for _ in range(6))
REGISTERED = e.ImageRegistered("a.png", "0" * 64, 640, 480, 100, "image/png")


def history(*done: tuple[UUID, e.Event]) -> list[e.RecordedEvent]:
    steps = [(ALICE, REGISTERED), *done]
    return [
        e.RecordedEvent(v, IMAGE, v, new_id(), PROJECT, actor, datetime(2026, 1, 1, tzinfo=UTC), event)
        for v, (actor, event) in enumerate(steps, start=1)
    ]


def folded(recorded: list[e.RecordedEvent], *more: e.Event) -> ImageState:
    state = ImageState(IMAGE)
    for r in recorded:
        state = evolve(state, r.version, r.actor_id, r.event)
    for event in more:
        state = evolve(state, state.version + 1, ALICE, event)
    return state


def shapes(state: ImageState) -> dict[UUID, tuple]:
    return {a.annotation_id: (a.geometry, a.category_id) for a in state.annotations.values()}


def by(actor: UUID):
    return lambda recorded: recorded.actor_id == actor and recorded.version > 1


def test_what_somebody_else_changed_later_is_kept():
    mine, shared = new_id(), new_id()
    done = history(
        (ALICE, e.AnnotationDrawn(mine, RED, Box(1, 1, 9, 9))),
        (ALICE, e.AnnotationDrawn(shared, RED, Box(50, 50, 9, 9))),
        (BOB, e.AnnotationReshaped(shared, Box(60, 60, 9, 9))),
    )
    undone = decide_undo(IMAGE, done, by(ALICE))
    assert undone.kept == [shared]
    assert shapes(folded(done, *undone.events)) == {shared: (Box(60, 60, 9, 9), RED)}


def test_an_undone_job_can_be_done_again_by_undoing_the_undo():
    job, run = new_id(), new_id()
    record = e.AnnotationRecord(new_id(), RED, Box(1, 1, 9, 9), "model", 0.9, new_id(), run)
    done = history((ALICE, e.PredictionsAccepted(run, job, (record,))))
    first = decide_undo(IMAGE, done, lambda r: isinstance(r.event, e.PredictionsAccepted))
    again = history((ALICE, e.PredictionsAccepted(run, job, (record,))), *((BOB, event) for event in first.events))
    assert shapes(folded(again)) == {}
    second = decide_undo(IMAGE, again, by(BOB))
    assert shapes(folded(again, *second.events)) == {record.annotation_id: (record.geometry, RED)}


IDS = [new_id() for _ in range(4)]


@st.composite
def scripts(draw) -> list[tuple[UUID, e.Event]]:
    """A possible history of two people on one image."""
    state, steps = folded(history()), []
    for _ in range(draw(st.integers(0, 14))):
        actor, annotation_id = draw(st.sampled_from([ALICE, BOB])), draw(st.sampled_from(IDS))
        box = Box(draw(st.integers(0, 500)), draw(st.integers(0, 400)), 10, 10)
        if annotation_id in state.annotations:
            event = draw(
                st.sampled_from(
                    [
                        e.AnnotationReshaped(annotation_id, box),
                        e.AnnotationRecategorised(annotation_id, WHITE, state.annotations[annotation_id].category_id),
                        e.AnnotationDeleted(annotation_id, RED, "human"),
                    ]
                )
            )
        elif annotation_id in state.deleted:
            event = e.AnnotationRestored(state.deleted[annotation_id].record())
        else:
            event = e.AnnotationDrawn(annotation_id, RED, box)
        state = evolve(state, state.version + 1, actor, event)
        steps.append((actor, event))
    return steps


@given(scripts())
def test_undoing_everything_of_both_leaves_the_image_as_registered(steps):
    done = history(*steps)
    undone = decide_undo(IMAGE, done, lambda r: r.version > 1)
    assert shapes(folded(done, *undone.events)) == {}


@given(scripts())
def test_undo_of_an_undo_is_the_identity(steps):
    done = history(*steps)
    first = decide_undo(IMAGE, done, by(ALICE))
    carol = new_id()
    again = history(*steps, *((carol, event) for event in first.events))
    second = decide_undo(IMAGE, again, by(carol))
    assert shapes(folded(again, *second.events)) == shapes(folded(done))
