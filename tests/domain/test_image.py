"""An image: given its state, when a command comes, then these events."""

import pytest

from adapters.clock import new_id
from domain import commands as c
from domain import events as e
from domain.errors import Conflict, InvalidInput, NotFound, StaleVersion, WrongState
from domain.geometry import Box, Polygon
from domain.ids import LOCAL_ACTOR
from domain.image import ImageState, evolve
from domain.image_decisions import ImageContext, decide, decide_acceptance, decide_replacement, decide_withdrawal
from domain.project import Category, ProjectState

RED, WHITE, MERGED, GONE = (new_id() for _ in range(4))
PROJECT = ProjectState(
    new_id(),
    version=5,
    name="cells",
    categories={
        RED: Category(RED, "RBC", "#0072B2", None, 0),
        WHITE: Category(WHITE, "WBC", "#E69F00", None, 1),
        MERGED: Category(MERGED, "old", "#009E73", None, 2, into_id=RED),
        GONE: Category(GONE, "gone", "#D55E00", None, 3, removed=True),
    },
)
CONTEXT = ImageContext(PROJECT, LOCAL_ACTOR)
BOX = Box(1.0, 2.0, 3.0, 4.0)


def after(*events: e.Event) -> ImageState:
    state = ImageState(new_id())
    registered = e.ImageRegistered("a.png", "0" * 64, 64, 48, 100, "image/png")
    for version, event in enumerate((registered, *events), start=1):
        state = evolve(state, version, LOCAL_ACTOR, event)
    return state


def drawn(annotation_id=None, category=RED, box=BOX) -> e.AnnotationDrawn:
    return e.AnnotationDrawn(annotation_id or new_id(), category, box)


def test_drawing_keeps_what_was_drawn():
    annotation = new_id()
    assert decide(after(), [c.DrawAnnotation(annotation, RED, BOX)], CONTEXT) == [
        e.AnnotationDrawn(annotation, RED, BOX)
    ]


def test_drawing_with_a_merged_category_draws_its_heir():
    (event,) = decide(after(), [c.DrawAnnotation(new_id(), MERGED, BOX)], CONTEXT)
    assert isinstance(event, e.AnnotationDrawn)
    assert event.category_id == RED


def test_a_removed_or_foreign_category_is_refused():
    with pytest.raises(WrongState, match="was removed"):
        decide(after(), [c.DrawAnnotation(new_id(), GONE, BOX)], CONTEXT)
    with pytest.raises(InvalidInput, match="/commands/0/category_id"):
        decide(after(), [c.DrawAnnotation(new_id(), new_id(), BOX)], CONTEXT)


def test_an_annotation_id_is_used_once():
    annotation = new_id()
    with pytest.raises(Conflict, match="already used"):
        decide(after(drawn(annotation)), [c.DrawAnnotation(annotation, RED, BOX)], CONTEXT)


def test_commands_see_what_those_before_them_did():
    annotation = new_id()
    commands = [c.DrawAnnotation(annotation, RED, BOX), c.DeleteAnnotation(annotation), c.RestoreAnnotation(annotation)]
    types = [e.event_type(event) for event in decide(after(), commands, CONTEXT)]
    assert types == ["annotation.drawn", "annotation.deleted", "annotation.restored"]


def test_what_changes_nothing_appends_nothing():
    annotation = new_id()
    state = after(drawn(annotation))
    commands = [c.ReshapeAnnotation(annotation, BOX), c.RecategoriseAnnotation(annotation, RED)]
    assert decide(state, commands, CONTEXT) == []


def test_a_stale_or_deleted_annotation_is_a_conflict_and_an_unknown_one_is_not_found():
    annotation = new_id()
    state = after(drawn(annotation), e.AnnotationReshaped(annotation, Box(5, 5, 5, 5)))
    with pytest.raises(StaleVersion) as stale:
        decide(state, [c.ReshapeAnnotation(annotation, BOX, expected_version=2)], CONTEXT)
    assert stale.value.current_version == 3
    deleted = after(drawn(annotation), e.AnnotationDeleted(annotation, RED, "human"))
    with pytest.raises(StaleVersion, match="was deleted"):
        decide(deleted, [c.ReshapeAnnotation(annotation, BOX)], CONTEXT)
    with pytest.raises(NotFound):
        decide(state, [c.DeleteAnnotation(new_id())], CONTEXT)


@pytest.mark.parametrize(
    ("state", "command", "event"),
    [
        ("unlabelled", c.Submit(), e.ImageSubmitted()),
        ("submitted", c.Submit(), None),
        ("approved", c.Submit(), WrongState),
        ("submitted", c.Approve(), e.ImageApproved()),
        ("unlabelled", c.Approve(), WrongState),
        ("auto", c.Approve(), e.ImageApproved()),
        ("submitted", c.Reject("loose"), e.ImageRejected("loose")),
        ("unlabelled", c.Reject("loose"), WrongState),
        ("approved", c.Reopen(), e.ImageReopened()),
        ("in_progress", c.Reopen(), None),
    ],
)
def test_the_review_states(state, command, event):
    image = ImageState(new_id(), version=1, width=64, height=48, state=state)
    if event is WrongState:
        with pytest.raises(WrongState):
            decide(image, [command], CONTEXT)
    else:
        assert decide(image, [command], CONTEXT) == ([event] if event else [])


def test_an_image_with_annotations_is_not_empty():
    with pytest.raises(WrongState, match="it is not empty"):
        decide(after(drawn()), [c.MarkEmpty()], CONTEXT)


def test_one_persons_claim_holds_against_another():
    claimed = after(e.ImageClaimed())
    other = ImageContext(PROJECT, new_id())
    with pytest.raises(WrongState, match="somebody else"):
        decide(claimed, [c.Claim()], other)
    assert decide(claimed, [c.Release()], other) == [e.ImageReleased()]


def test_a_prediction_is_accepted_once_and_only_above_the_threshold():
    sure, unsure = (c.Prediction(new_id(), new_id(), RED, BOX, confidence) for confidence in (0.9, 0.3))
    context = ImageContext(PROJECT, LOCAL_ACTOR, {p.prediction_id: p for p in (sure, unsure)})
    (event,) = decide(after(), [c.AcceptPredictions(0.5)], context)
    assert isinstance(event, e.PredictionAccepted)
    assert event.prediction_id == sure.prediction_id
    with pytest.raises(Conflict, match="already accepted or rejected"):
        decide(after(event), [c.RejectPrediction(sure.prediction_id)], context)
    assert decide(after(event), [c.AcceptPredictions(0.5)], context) == []


def test_replacing_deletes_reshapes_and_draws_only_what_differs():
    keep, drop, move, new = (new_id() for _ in range(4))
    state = after(drawn(keep), drawn(drop), drawn(move))
    wanted = [
        c.DrawAnnotation(keep, RED, BOX),
        c.DrawAnnotation(move, WHITE, Box(9.0, 9.0, 5.0, 5.0)),
        c.DrawAnnotation(new, RED, BOX),
    ]
    types = [e.event_type(event) for event in decide_replacement(state, wanted, CONTEXT)]
    assert types == ["annotation.deleted", "annotation.reshaped", "annotation.recategorised", "annotation.drawn"]


def test_a_job_leaves_an_image_alone_that_a_person_has_worked_on():
    records = [e.AnnotationRecord(new_id(), RED, BOX, "model", 0.9)]
    run, job = new_id(), new_id()
    assert len(decide_acceptance(after(), run, job, records)) == 1
    assert decide_acceptance(after(drawn()), run, job, records) == []
    assert decide_acceptance(after(e.ImageMarkedEmpty()), run, job, records) == []
    assert decide_acceptance(after(e.ImageTrashed()), run, job, records) == []


def test_withdrawing_a_job_takes_back_what_it_added_unless_a_person_came():
    record = e.AnnotationRecord(new_id(), RED, BOX, "model", 0.9)
    run, job = new_id(), new_id()
    accepted = after(e.PredictionsAccepted(run, job, (record,)))
    (withdrawn,) = decide_withdrawal(accepted, job, run, {record.annotation_id})
    assert isinstance(withdrawn, e.PredictionsWithdrawn)
    assert evolve(accepted, 3, LOCAL_ACTOR, withdrawn).annotations == {}
    touched = evolve(accepted, 3, LOCAL_ACTOR, e.ImageApproved())
    assert decide_withdrawal(touched, job, run, {record.annotation_id}) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_are_refused(value):
    for geometry in (Box(value, 1, 1, 1), Box(1, 1, value, 1), Polygon((((value, 1), (2, 2), (3, 1)),))):
        with pytest.raises(InvalidInput, match="/commands/0/geometry"):
            decide(after(), [c.DrawAnnotation(new_id(), RED, geometry)], CONTEXT)


def test_a_polygon_is_clipped_within_a_pixel_and_needs_an_area():
    commands = [c.DrawAnnotation(new_id(), RED, Polygon((((-0.5, 0.0), (20.0, 0.0), (0.0, 48.7)),)))]
    (event,) = decide(after(), commands, CONTEXT)
    assert isinstance(event, e.AnnotationDrawn)
    assert event.geometry == Polygon((((0.0, 0.0), (20.0, 0.0), (0.0, 48.0)),))
    flat = Polygon((((0.0, 0.0), (1.0, 1.0), (2.0, 2.0)),))
    with pytest.raises(InvalidInput, match="no area"):
        decide(after(), [c.DrawAnnotation(new_id(), RED, flat)], CONTEXT)
