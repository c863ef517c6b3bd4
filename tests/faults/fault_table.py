"""What all fault tests of a session came to, a line for each kind of fault: printed when they are through."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tests.faults.checker import jobs_end_once, no_job_lost, real_time_order, rows_by_mark, unique_events
from tests.faults.history import Fault, History

TARGETS_S = {"PostgreSQL killed": 5.0, "worker killed": 40.0, "Valkey killed and back empty": 10.0}
"""Of issue 3, for the settings that `autoannotate up` has: benchmarks/faults.py measures with those."""
HEADINGS = ("fault", "rounds", "lost", "doubled", "reordered", "jobs lost", "jobs twice", "slowest", "target")


class FaultLine(msgspec.Struct, frozen=True):
    fault: str
    rounds: int
    breaches: Counter[str] | None
    """None where a test ended before its history could be judged."""
    slowest_s: float | None
    """None where nothing had stopped that could come back."""

    def cells(self) -> tuple[str, ...]:
        counts = [str(self.breaches[what]) if self.breaches is not None else "?" for what in HEADINGS[2:7]]
        slowest = "" if self.slowest_s is None else f"{self.slowest_s:.1f} s"
        target = TARGETS_S.get(self.fault)
        return (self.fault, str(self.rounds), *counts, slowest, "" if target is None else f"{target:g} s")


def fault_lines(histories: Iterable[History]) -> list[FaultLine]:
    """A breach counts for every kind of fault of its history."""
    of_name: defaultdict[str, list[tuple[History, list[Fault]]]] = defaultdict(list)
    for history in histories:
        for name in dict.fromkeys(fault.name for fault in history.faults):
            of_name[name].append((history, [fault for fault in history.faults if fault.name == name]))
    return [_line(name, found) for name, found in of_name.items()]


def print_lines(lines: Sequence[FaultLine]) -> Iterator[str]:
    rows = [HEADINGS, *(line.cells() for line in lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADINGS))]
    for name, *cells in rows:
        numbers = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield f"{name.ljust(widths[0])}  {numbers}".rstrip()


def _line(name: str, found: Sequence[tuple[History, list[Fault]]]) -> FaultLine:
    faults = [fault for _, of_history in found for fault in of_history]
    took_s = [fault.recovered_s - fault.at_s for fault in faults if fault.recovered_s is not None]
    judged = all(history.log for history, _ in found)
    breaches = sum((_breaches(history) for history, _ in found), Counter()) if judged else None
    return FaultLine(name, len(faults), breaches, max(took_s, default=None))


def _breaches(history: History) -> Counter[str]:
    found = rows_by_mark(history)
    times = [(op.outcome, len(found[op.event_type, op.mark])) for op in history.operations]
    return Counter(
        {
            "lost": sum(outcome == "ok" and count == 0 for outcome, count in times),
            "doubled": sum(count > 1 for _, count in times) + len(list(unique_events(history))),
            "reordered": len(list(real_time_order(history))),
            "jobs lost": len(list(no_job_lost(history))),
            "jobs twice": len(list(jobs_end_once(history))),
        }
    )
