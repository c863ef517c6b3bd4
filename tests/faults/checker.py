"""Decides whether a history could have happened on a platform that loses, doubles and reorders nothing.

`python -m tests.faults.checker FILE...` judges histories again that a red run has kept.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import msgspec

from tests.faults.history import History, Operation, Row, load, save
from tests.faults.independent_fold import ENDED, KEYS, fold_log

SHOWN = 5


class Broken(msgspec.Struct, frozen=True):
    invariant: str
    breaches: tuple[str, ...]

    def __str__(self) -> str:
        more = len(self.breaches) - SHOWN
        lines = [f"{self.invariant} does not hold:", *(f"  {breach}" for breach in self.breaches[:SHOWN])]
        return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)


def judge(history: History) -> Broken | None:
    """The first broken invariant with all its breaches, or None."""
    for invariant, breaches_in in INVARIANTS.items():
        if breaches := tuple(breaches_in(history)):
            return Broken(invariant, breaches)
    return None


def require_sound(history: History, folder: Path) -> None:
    """Raises AssertionError with the first broken invariant; the history is kept in `folder` for a replay."""
    broken = judge(history)
    if broken is not None:
        kept = save(history, folder / f"{history.name}-{history.seed}.json")
        raise AssertionError(f"{broken}\nkept for `python -m tests.faults.checker {kept}`")


def gapless_log(history: History) -> Iterator[str]:
    """count = max = head, and every position once."""
    positions = [row.position for row in history.log]
    if positions != list(range(1, len(positions) + 1)):
        wrong = next(n for n, position in enumerate(positions, 1) if position != n)
        yield f"position {wrong} is missing or out of order: the log goes on with {positions[wrong - 1]}"
    if history.head != len(positions):
        yield f"the head says {history.head}, the log holds {len(positions)} events"


def gapless_streams(history: History) -> Iterator[str]:
    versions: dict[str, list[int]] = defaultdict(list)
    for row in history.log:
        versions[row.stream_id].append(row.version)
    for stream_id, found in versions.items():
        if found != list(range(1, len(found) + 1)):
            yield f"stream {stream_id} has versions {found}"


def unique_events(history: History) -> Iterator[str]:
    for event_id, count in Counter(row.event_id for row in history.log).items():
        if count > 1:
            yield f"event {event_id} is in the log {count} times"


def acknowledged_once(history: History) -> Iterator[str]:
    found = rows_by_mark(history)
    for op in history.operations:
        rows = found[op.event_type, op.mark]
        if op.outcome == "ok" and len(rows) != 1:
            yield f"{_named(op)} was acknowledged at {op.position} and is in the log {len(rows)} times"
        elif op.outcome == "ok" and op.position is not None and rows[0].position != op.position:
            yield f"{_named(op)} was acknowledged at {op.position} and stands at {rows[0].position}"


def refused_never(history: History) -> Iterator[str]:
    found = rows_by_mark(history)
    for op in history.operations:
        if op.outcome == "fail" and found[op.event_type, op.mark]:
            yield f"{_named(op)} was refused and is in the log"


def unknown_at_most_once(history: History) -> Iterator[str]:
    found = rows_by_mark(history)
    for op in history.operations:
        count = len(found[op.event_type, op.mark])
        if op.outcome in ("unknown", "invoked") and count > 1:
            yield f"{_named(op)} was never answered and is in the log {count} times"


def real_time_order(history: History) -> Iterator[str]:
    """What was acknowledged before another was asked for stands before it."""
    found = rows_by_mark(history)
    placed = [
        (op, rows[0].position)
        for op in history.operations
        if (rows := found[op.event_type, op.mark]) and len(rows) == 1
    ]
    ended = sorted((op.ended_s, position, _named(op)) for op, position in placed if op.outcome == "ok" and op.ended_s)
    latest, at, name = 0, 0, ""
    for op, position in sorted(placed, key=lambda pair: pair[0].invoked_s):
        while at < len(ended) and (ended[at][0] or 0.0) < op.invoked_s:
            if ended[at][1] > latest:
                latest, name = ended[at][1], ended[at][2]
            at += 1
        if position < latest:
            yield f"{_named(op)} stands at {position}, asked for after {name} was acknowledged at {latest}"


def readers_see_prefixes(history: History) -> Iterator[str]:
    """From its cursor on a reader got its project's events, all of them, once, in order, and as they stand now."""
    for reading in history.readings:
        should = [
            (row.position, row.stream_id, row.version, row.type)
            for row in history.log
            if row.project_id == reading.project_id and reading.after < row.position <= reading.upto
        ]
        got = [(seen.position, seen.stream_id, seen.version, seen.type) for seen in reading.seen]
        if got == should:
            continue
        at = next((n for n, (a, b) in enumerate(zip(got, should, strict=False)) if a != b), min(len(got), len(should)))
        event = should[at] if at < len(should) else "nothing more"
        instead = got[at] if at < len(got) else "nothing more"
        span = f"after {reading.after}, up to {reading.upto}"
        yield f"{reading.reader} got {instead} where the log holds {event} ({span})"


def read_models_fold(history: History) -> Iterator[str]:
    """Every read model is what an independent fold makes of the log."""
    folded = fold_log(history.log)
    for table, rows in history.read_models.items():
        shown = {row[KEYS[table]]: row for row in rows}
        for key in sorted({*shown, *folded[table]}):
            is_, should = shown.get(key), folded[table].get(key)
            if is_ is None or should is None:
                yield f"{table} {key} is {'missing' if is_ is None else 'there, and no event made it'}"
            elif is_ != should:
                columns = [c for c in sorted({*is_, *should}) if is_.get(c) != should.get(c)]
                told = "; ".join(f"{c} is {is_.get(c)!r}, should be {should.get(c)!r}" for c in columns)
                yield f"{table} {key}: {told}"


def jobs_end_once(history: History) -> Iterator[str]:
    """A job starts when queued, ends when running or queued, succeeds once at most, and has its effect then alone."""
    effects = Counter(row.stream_id for row in history.log if row.type == "comment.added")
    for job_id, rows in _jobs(history).items():
        state, attempt = "", 0
        for row in rows:
            what = row.type.removeprefix("job.")
            allowed = {
                "requested": {"", "failed", "cancelled"}, "started": {"queued"}, "requeued": {"running"},
                "cancel_requested": {"running"}, "succeeded": {"running"}, "failed": {"running"},
                "cancelled": {"queued", "running"},
            }[what]  # fmt: skip
            if state not in allowed:
                yield f"job {job_id} is {state or 'not there'} when {row.type} comes at {row.position}"
            if what == "started":
                if row.data["attempt"] != attempt + 1:
                    yield f"job {job_id}: attempt {row.data['attempt']} follows {attempt}"
                attempt = row.data["attempt"]
            attempt = 0 if what == "requested" else attempt
            following = {"requested": "queued", "requeued": "queued", "started": "running", "cancel_requested": state}
            state = following.get(what, what)
        succeeded = sum(row.type == "job.succeeded" for row in rows)
        if succeeded > 1:
            yield f"job {job_id} succeeded {succeeded} times"
        effect = rows[0].data.get("payload", {}).get("effect")
        if effect is not None and effects[effect] != succeeded:
            yield f"job {job_id} succeeded {succeeded} times and had {effects[effect]} effects"


def no_job_lost(history: History) -> Iterator[str]:
    if history.jobs_settled:
        for job_id, rows in _jobs(history).items():
            if rows[-1].type.removeprefix("job.") not in ENDED:
                yield f"job {job_id} was asked for at {rows[0].position}; the last of it is {rows[-1].type}"


def fences_rise(history: History) -> Iterator[str]:
    """Of one job each lease that was seen has the fence of an attempt, and never one of an earlier attempt again."""
    starts = {(row.stream_id, row.version) for row in history.log if row.type == "job.started"}
    of_job: dict[str, list[int]] = defaultdict(list)
    for lease in history.leases:
        of_job[lease.job_id].append(lease.fence)
        if (lease.job_id, lease.fence) not in starts:
            yield f"job {lease.job_id} was leased under fence {lease.fence}, at which no attempt started"
    for job_id, fences in of_job.items():
        for earlier, later in pairwise(fences):
            if later < earlier:
                yield f"job {job_id}: its lease went from fence {earlier} back to {later}"


INVARIANTS: dict[str, Callable[[History], Iterator[str]]] = {
    "the log is gapless and count = max = head": gapless_log,
    "versions of a stream are gapless": gapless_streams,
    "an event is in the log once": unique_events,
    "acknowledged means present exactly once": acknowledged_once,
    "refused means never happened": refused_never,
    "unknown means zero or one times": unknown_at_most_once,
    "order in the log is real-time order": real_time_order,
    "readers see prefixes of the log": readers_see_prefixes,
    "read models equal an independent fold": read_models_fold,
    "a job succeeds at most once, with one effect": jobs_end_once,
    "no job is lost": no_job_lost,
    "the fence of a job strictly rises": fences_rise,
}


def rows_by_mark(history: History) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in history.log:
        for mark in {row.stream_id, *(value for value in row.data.values() if isinstance(value, str))}:
            found[row.type, mark].append(row)
    return found


def _jobs(history: History) -> dict[str, list[Row]]:
    jobs: dict[str, list[Row]] = defaultdict(list)
    for row in history.log:
        if row.type.startswith("job."):
            jobs[row.stream_id].append(row)
    return jobs


def _named(op: Operation) -> str:
    return f"{op.writer}'s {op.event_type} {op.mark}"


def main(files: list[str]) -> int:
    broken = {file: judge(load(Path(file))) for file in files}
    for file, verdict in broken.items():
        print(f"{file}: {verdict or 'sound'}")
    return 1 if any(broken.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
