"""The checker itself: a sound history passes, and every invariant is seen to fail on a history doctored to break it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.faults.checker import INVARIANTS, judge, main, require_sound
from tests.faults.history import History, LeaseSeen, Operation, Reading, Row, Seen, load
from tests.faults.independent_fold import fold_log

PROJECT, IMAGE, CATEGORY, JOB, EFFECT = "project", "image", "category", "job", "effect"
BOX = {"type": "box", "x": 1, "y": 2, "width": 10, "height": 12}


def row(position: int, stream: str, version: int, type_: str, **data: Any) -> Row:
    return Row(position, stream, version, f"event {position}", type_, data, PROJECT, "actor", None, f"time {position}")


def sound_history() -> History:
    """A project with one box on one picture, and one job whose first attempt was lost."""
    added = {"category_id": CATEGORY, "name": "cell", "color": "#0072B2", "hotkey": None, "ordinal": 0}
    registered = {
        "file_name": "a.png", "digest": "d", "width": 64, "height": 48, "byte_size": 9, "media_type": "image/png",
        "orientation": 1,
    }  # fmt: skip
    wish = {"kind": "embed", "payload": {"effect": EFFECT}, "priority": 0, "max_attempts": 3}
    log = [
        row(1, PROJECT, 1, "project.created", name="cells", description="", task="detect", settings={}),
        row(2, PROJECT, 2, "category.added", **added),
        row(3, IMAGE, 1, "image.registered", **registered),
        row(4, IMAGE, 2, "annotation.drawn", annotation_id="a", category_id=CATEGORY, geometry=BOX, source="human"),
        row(5, IMAGE, 3, "annotation.drawn", annotation_id="b", category_id=CATEGORY, geometry=BOX, source="human"),
        row(6, JOB, 1, "job.requested", **wish),
        row(7, JOB, 2, "job.started", attempt=1, worker="w"),
        row(8, JOB, 3, "job.requeued", reason="went silent"),
        row(9, JOB, 4, "job.started", attempt=2, worker="v"),
        row(10, JOB, 5, "job.succeeded", result={}),
        row(11, EFFECT, 1, "comment.added", comment_id="c", text="done", x=None, y=None),
    ]
    operations = [
        Operation("ann", "annotation.drawn", "a", 1.0, 2.0, "ok", 4),
        Operation("ben", "annotation.drawn", "b", 3.0, 4.0, "ok", 5),
        Operation("ben", "annotation.drawn", "refused", 4.0, 5.0, "fail"),
        Operation("ann", "annotation.drawn", "lost", 4.0, 5.0, "unknown"),
    ]
    seen = [Seen(one.position, one.stream_id, one.version, one.type) for one in log[1:]]
    tables = {table: list(rows.values()) for table, rows in fold_log(log).items()}
    return History(
        "doctored", 0, operations, [Reading("eve", PROJECT, 1, 11, seen)], [LeaseSeen(JOB, 2), LeaseSeen(JOB, 4)],
        log=log, head=11, read_models=tables, jobs_settled=True,
    )  # fmt: skip


def skip_a_position(h: History) -> None:
    h.log[-1] = msgspec.structs.replace(h.log[-1], position=12)
    h.head = 12


def forget_the_last_event(h: History) -> None:
    h.log.pop()


def skip_a_version(h: History) -> None:
    h.log[4] = msgspec.structs.replace(h.log[4], version=4)


def repeat_an_event(h: History) -> None:
    h.log[4] = msgspec.structs.replace(h.log[4], event_id="event 4")


def lose_an_acknowledged_box(h: History) -> None:
    h.operations[0].mark = "nowhere"


def double_an_acknowledged_box(h: History) -> None:
    h.log[4] = msgspec.structs.replace(h.log[4], data=h.log[3].data)
    h.operations.pop(1)


def move_an_acknowledged_box(h: History) -> None:
    h.operations[0].position = 5


def keep_a_refused_box(h: History) -> None:
    h.operations[1].outcome = "fail"


def double_an_unanswered_box(h: History) -> None:
    double_an_acknowledged_box(h)
    h.operations[0].outcome = "unknown"


def swap_two_boxes(h: History) -> None:
    h.operations[0].mark, h.operations[1].mark = "b", "a"
    h.operations[0].position, h.operations[1].position = 5, 4


def order_an_unanswered_box_before(h: History) -> None:
    swap_two_boxes(h)
    h.operations[1].outcome, h.operations[1].position = "unknown", None


def hide_an_event_from_a_reader(h: History) -> None:
    h.readings[0].seen.pop(3)


def show_an_event_twice(h: History) -> None:
    h.readings[0].seen.insert(3, h.readings[0].seen[3])


def end_a_reader_early(h: History) -> None:
    h.readings[0].seen.pop()


def show_an_event_that_another_replaced(h: History) -> None:
    h.readings[0].seen[3] = msgspec.structs.replace(h.readings[0].seen[3], stream_id="another")


def drop_a_row(h: History) -> None:
    h.read_models["annotations"].pop()


def invent_a_row(h: History) -> None:
    h.read_models["exports"].append({"export_id": "x"})


def change_a_row(h: History) -> None:
    h.read_models["images"][0]["annotation_count"] = 1


def succeed_twice(h: History) -> None:
    h.log[7] = row(8, JOB, 3, "job.succeeded", result={})
    refold(h)


def start_while_running(h: History) -> None:
    h.log[7] = row(8, JOB, 3, "job.started", attempt=2, worker="v")
    h.log[8] = row(9, JOB, 4, "job.started", attempt=3, worker="u")
    refold(h)


def count_an_attempt_wrongly(h: History) -> None:
    h.log[8] = row(9, JOB, 4, "job.started", attempt=1, worker="v")
    refold(h)


def have_two_effects(h: History) -> None:
    h.log.append(row(12, EFFECT, 2, "comment.added", comment_id="e", text="done", x=None, y=None))
    h.head = 12


def have_no_effect(h: History) -> None:
    forget_the_last_event(h)
    h.head = 10
    h.readings.clear()


def leave_a_job_running(h: History) -> None:
    del h.log[9:]
    h.head = 9
    h.readings.clear()
    refold(h)


def lease_without_an_attempt(h: History) -> None:
    h.leases.append(LeaseSeen(JOB, 5))


def let_a_lease_fall_back(h: History) -> None:
    h.leases.append(LeaseSeen(JOB, 2))


def refold(h: History) -> None:
    """So that nothing but the job is wrong."""
    h.readings.clear()
    h.read_models = {table: list(rows.values()) for table, rows in fold_log(h.log).items()}


DOCTORED: dict[str, tuple[Callable[[History], None], ...]] = {
    "the log is gapless and count = max = head": (skip_a_position, forget_the_last_event),
    "versions of a stream are gapless": (skip_a_version,),
    "an event is in the log once": (repeat_an_event,),
    "acknowledged means present exactly once": (
        lose_an_acknowledged_box,
        double_an_acknowledged_box,
        move_an_acknowledged_box,
    ),
    "refused means never happened": (keep_a_refused_box,),
    "unknown means zero or one times": (double_an_unanswered_box,),
    "order in the log is real-time order": (swap_two_boxes, order_an_unanswered_box_before),
    "readers see prefixes of the log": (
        hide_an_event_from_a_reader,
        show_an_event_twice,
        end_a_reader_early,
        show_an_event_that_another_replaced,
    ),
    "read models equal an independent fold": (drop_a_row, invent_a_row, change_a_row),
    "a job succeeds at most once, with one effect": (
        succeed_twice,
        start_while_running,
        count_an_attempt_wrongly,
        have_two_effects,
        have_no_effect,
    ),
    "no job is lost": (leave_a_job_running,),
    "the fence of a job strictly rises": (lease_without_an_attempt, let_a_lease_fall_back),
}


def test_a_sound_history_is_sound() -> None:
    assert judge(sound_history()) is None


def test_an_unanswered_command_may_have_happened() -> None:
    history = sound_history()
    history.operations[0].outcome = "unknown"
    assert judge(history) is None


def test_every_invariant_has_a_history_that_breaks_it() -> None:
    assert list(DOCTORED) == list(INVARIANTS)


@pytest.mark.parametrize(
    ("invariant", "doctor"),
    [(invariant, doctor) for invariant, doctors in DOCTORED.items() for doctor in doctors],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_doctored_history_breaks_its_invariant(invariant: str, doctor: Callable[[History], None]) -> None:
    history = sound_history()
    doctor(history)
    broken = judge(history)
    assert broken is not None
    assert broken.invariant == invariant


def test_a_red_run_names_the_invariant_and_keeps_the_history(tmp_path: Path, capsys) -> None:
    history = sound_history()
    hide_an_event_from_a_reader(history)
    with pytest.raises(AssertionError, match="readers see prefixes of the log does not hold") as red:
        require_sound(history, tmp_path)
    kept = tmp_path / "doctored-0.json"
    assert str(kept) in str(red.value)
    assert judge(load(kept)) == judge(history)
    assert main([str(kept)]) == 1
    assert "readers see prefixes of the log" in capsys.readouterr().out


def test_a_sound_run_keeps_nothing(tmp_path: Path) -> None:
    require_sound(sound_history(), tmp_path)
    assert list(tmp_path.iterdir()) == []
