"""Undo brings back exactly what the chosen events changed, and only that."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import new_id
from domain import events as e
from domain.geometry import Box
from domain.image import ImageState, evolve
from domain.project import Category, ProjectState
from domain.project import evolve as project_after
from domain.undo import decide_undo, touched

IMAGE, PROJECT, ALICE, BOB, RED, WHITE = (new_id() for _ in range(6))
CELLS = ProjectState(
    PROJECT,
    3,
    categories={RED: Category(RED, "red", "#0072B2", None, 0), WHITE: Category(WHITE, "white", "#E69F00", None, 1)},
)
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
    undone = decide_undo(IMAGE, done, by(ALICE), CELLS)
    assert undone.kept == [shared]
    assert shapes(folded(done, *undone.events)) == {shared: (Box(60, 60, 9, 9), RED)}


def test_an_undone_job_leaves_the_image_free_for_the_next_one_and_can_be_done_again():
    job, run = new_id(), new_id()
    record = e.AnnotationRecord(new_id(), RED, Box(1, 1, 9, 9), "model", 0.9, new_id(), run)
    accepted = e.PredictionsAccepted(run, job, (record,))
    done = history((ALICE, accepted))
    first = decide_undo(IMAGE, done, lambda r: isinstance(r.event, e.PredictionsAccepted), CELLS)
    made = msgspec.structs.replace(record, created_by=ALICE)
    assert first.events == [e.PredictionsWithdrawn(run, job, (made,), "unlabelled")]
    assert folded(done, *first.events).human_version == 0
    again = history((ALICE, accepted), *((BOB, event) for event in first.events))
    second = decide_undo(IMAGE, again, by(BOB), CELLS)
    assert second.events == [e.PredictionsAccepted(run, job, (made,))]
    assert seen(folded(again, *second.events)) == seen(folded(done))


def test_a_box_of_the_job_that_somebody_moved_stays_and_the_others_go():
    job, run = new_id(), new_id()
    records = [e.AnnotationRecord(new_id(), RED, Box(n, n, 9, 9), "model", 0.9, new_id(), run) for n in (1, 50)]
    done = history(
        (ALICE, e.PredictionsAccepted(run, job, tuple(records))),
        (BOB, e.AnnotationReshaped(records[0].annotation_id, Box(2, 2, 9, 9))),
    )
    undone = decide_undo(IMAGE, done, lambda r: isinstance(r.event, e.PredictionsAccepted), CELLS)
    assert undone.kept == [records[0].annotation_id]
    after = folded(done, *undone.events)
    assert shapes(after) == {records[0].annotation_id: (Box(2, 2, 9, 9), RED)}
    assert after.state == "in_progress"


def test_what_a_newer_job_replaced_comes_back_with_its_undo():
    older, newer, run = new_id(), new_id(), new_id()
    first, second = (e.AnnotationRecord(new_id(), RED, Box(n, n, 9, 9), "model", 0.9, new_id(), run) for n in (1, 50))
    done = history(
        (ALICE, e.PredictionsAccepted(run, older, (first,))),
        (ALICE, e.PredictionsWithdrawn(run, newer, (first,), "unlabelled")),
        (ALICE, e.PredictionsAccepted(run, newer, (second,))),
    )
    chosen = (e.PredictionsAccepted, e.PredictionsWithdrawn)
    undone = decide_undo(IMAGE, done, lambda r: isinstance(r.event, chosen) and r.event.job_id == newer, CELLS)
    assert seen(folded(done, *undone.events)) == seen(folded(done[:2]))


def test_nothing_comes_back_to_a_removed_category():
    deleted, moved, seen_still = new_id(), new_id(), new_id()
    done = history(
        (BOB, e.AnnotationDrawn(deleted, RED, Box(1, 1, 9, 9))),
        (BOB, e.AnnotationDrawn(moved, RED, Box(50, 50, 9, 9))),
        (BOB, e.AnnotationDrawn(seen_still, WHITE, Box(90, 90, 9, 9))),
        (ALICE, e.AnnotationDeleted(deleted, RED, "human")),
        (ALICE, e.AnnotationRecategorised(moved, WHITE, RED)),
        (ALICE, e.AnnotationDeleted(seen_still, WHITE, "human")),
    )
    undone = decide_undo(IMAGE, done, by(ALICE), project_after(CELLS, 4, BOB, e.CategoryRemoved(RED, None)))
    assert undone.kept == [deleted, moved]
    assert shapes(folded(done, *undone.events)) == {
        moved: (Box(50, 50, 9, 9), WHITE),
        seen_still: (Box(90, 90, 9, 9), WHITE),
    }
    handed_on = decide_undo(IMAGE, done, by(ALICE), project_after(CELLS, 4, BOB, e.CategoryRemoved(RED, WHITE)))
    assert shapes(folded(done, *handed_on.events)) == shapes(folded(done[:4]))


IDS = [new_id() for _ in range(4)]
PREDICTIONS = {new_id(): new_id() for _ in range(3)}
"""Proposals and the annotations that they become."""
RUN, JOB = new_id(), new_id()
BY_JOB = e.AnnotationRecord(new_id(), RED, Box(5, 5, 20, 20), "model", 0.9, new_id(), RUN)


def possible(state: ImageState, annotation_id: UUID, box: Box) -> list[e.Event]:
    """What could happen to the image next, as its decisions would allow."""
    events: list[e.Event] = [e.ImageSubmitted(), e.ImageApproved(), e.ImageRejected("blurred"), e.ImageReopened()]
    if annotation_id in state.annotations:
        one = state.annotations[annotation_id]
        events += [
            e.AnnotationReshaped(annotation_id, box),
            e.AnnotationRecategorised(annotation_id, WHITE, one.category_id),
            e.AnnotationDeleted(annotation_id, one.category_id, one.source),
        ]
    elif annotation_id in state.deleted:
        events.append(e.AnnotationRestored(state.deleted[annotation_id].record()))
    elif annotation_id in IDS:
        events.append(e.AnnotationDrawn(annotation_id, RED, box))
    for prediction_id, accepted_as in PREDICTIONS.items():
        if prediction_id not in state.handled_predictions:
            events.append(e.PredictionRejected(prediction_id, RED, 0.4, RUN))
            events.append(e.PredictionAccepted(prediction_id, accepted_as, RED, box, 0.8, RUN))
        elif all(one.prediction_id != prediction_id for one in state.annotations.values()):
            events.append(e.PredictionReopened(prediction_id))
    if not state.human_version and BY_JOB.annotation_id not in state.annotations:
        events.append(e.PredictionsAccepted(RUN, JOB, (BY_JOB,)))
    return events


@st.composite
def scripts(draw) -> list[tuple[UUID, e.Event]]:
    """A possible history of two people and a job on one image."""
    state, steps = folded(history()), []
    ids = [*IDS, *PREDICTIONS.values(), BY_JOB.annotation_id]
    for _ in range(draw(st.integers(0, 14))):
        actor, annotation_id = draw(st.sampled_from([ALICE, BOB])), draw(st.sampled_from(ids))
        box = Box(draw(st.integers(0, 500)), draw(st.integers(0, 400)), 10, 10)
        event = draw(st.sampled_from(possible(state, annotation_id, box)))
        state = evolve(state, state.version + 1, actor, event)
        steps.append((actor, event))
    return steps


def seen(state: ImageState) -> tuple:
    """All that an undo brings back, who made each shape too; at which version is the history's own."""
    makers = {a.annotation_id: a.created_by for a in state.annotations.values()}
    return shapes(state), makers, state.state, state.handled_predictions


def as_registered() -> tuple:
    return seen(folded(history()))


@given(scripts())
def test_undoing_everything_of_everybody_leaves_the_image_as_registered(steps):
    done = history(*steps)
    undone = decide_undo(IMAGE, done, lambda r: r.version > 1, CELLS)
    assert seen(folded(done, *undone.events)) == as_registered()
    assert undone.kept == []


@given(scripts())
def test_undo_of_an_undo_is_the_identity(steps):
    done = history(*steps)
    first = decide_undo(IMAGE, done, by(ALICE), CELLS)
    carol = new_id()
    again = history(*steps, *((carol, event) for event in first.events))
    second = decide_undo(IMAGE, again, by(carol), CELLS)
    assert seen(folded(again, *second.events)) == seen(folded(done))


@given(scripts())
def test_the_last_gesture_is_taken_back_exactly(steps):
    done = history(*steps)
    undone = decide_undo(IMAGE, done, lambda r: r.version == len(done) > 1, CELLS)
    assert seen(folded(done, *undone.events)) == seen(folded(done[: max(1, len(done) - 1)]))


@given(scripts())
def test_nothing_of_others_changes(steps):
    """What Bob did last on an annotation stands as he left it, whatever is taken back of Alice."""
    done = history(*steps)
    undone = decide_undo(IMAGE, done, by(ALICE), CELLS)
    last: dict[UUID, UUID] = {}
    for recorded in done:
        last |= dict.fromkeys(touched(recorded.event), recorded.actor_id)
    before, after = shapes(folded(done)), shapes(folded(done, *undone.events))
    bobs = {annotation_id for annotation_id, actor in last.items() if actor == BOB}
    assert {key: one for key, one in after.items() if key in bobs} == {
        key: one for key, one in before.items() if key in bobs
    }
