"""The table tells every breach and the slowest recovery, and says where it does not know."""

from tests.faults.fault_table import fault_lines, print_lines
from tests.faults.history import Fault, History, Operation, Row


def row(position: int, mark: str) -> Row:
    return Row(position, "image", position, f"event {position}", "drawn", {"id": mark}, "p", "a", None, "")


def operation(mark: str) -> Operation:
    return Operation("ann", "drawn", mark, 1.0, 2.0, "ok")


def history(*marks: str, faults: list[Fault], log: list[str]) -> History:
    rows = [row(position, mark) for position, mark in enumerate(log, 1)]
    return History("made up", 0, [operation(mark) for mark in marks], faults=faults, log=rows, head=len(rows))


def test_breaches_and_recoveries_of_several_tests_are_summed_by_fault() -> None:
    lines = fault_lines(
        [
            history("a", "b", faults=[Fault("PostgreSQL killed", 1.0, 2.5), Fault("API killed", 3.0)], log=["a", "a"]),
            history("c", faults=[Fault("PostgreSQL killed", 1.0, 5.25)], log=["c"]),
            history("d", faults=[Fault("worker killed", 0.0, 9.0)], log=[]),
        ]
    )
    assert [" ".join(line.split()) for line in print_lines(lines)] == [
        "fault rounds lost doubled reordered jobs lost jobs twice slowest target",
        "PostgreSQL killed 2 1 1 0 0 0 4.2 s 5 s",
        "API killed 1 1 1 0 0 0",
        "worker killed 1 ? ? ? ? ? 9.0 s 40 s",
    ]
