"""A job's life in a real worker: done once, told about, cancelled, retried, given up."""

import asyncio
import signal

import pytest

from tests.worker.runtime.conftest import Queue

pytestmark = pytest.mark.asyncio


async def test_a_job_runs_and_tells_how_it_goes(queue: Queue, start_worker) -> None:
    start_worker()
    job = await queue.request(("print", "noise"), ("report", "half way"), ("sleep", 0.6))
    await queue.until_said(job, "half way")
    row = await queue.until(job, "succeeded")
    assert (row["attempt"], row["progress"], row["log_tail"]) == (1, 0.5, "log half way\n")
    assert await queue.history(job) == ["requested", "started", "succeeded"]
    assert await queue.effect_count() == 1


async def test_what_a_job_said_last_stands_when_it_has_ended(queue: Queue, start_worker) -> None:
    start_worker()
    jobs = [
        await queue.request(("report", "going on"), ("report", "the end"), *end) for end in ((), (("refuse", "no"),))
    ]
    assert (await queue.until(jobs[0], "succeeded"))["message"] == "the end"
    assert (await queue.until(jobs[1], "failed"))["message"] == "the end"


async def test_light_jobs_do_not_wait_behind_a_heavy_one(queue: Queue, start_worker) -> None:
    start_worker()
    heavy = await queue.request(("report", "training"), ("sleep", 60), kind="train")
    await queue.until_said(heavy, "training")
    waiting = await queue.request(kind="predict")
    exports = [await queue.request(kind="export") for _ in range(3)]
    for export in exports:
        await queue.until(export, "succeeded")
    assert (await queue.row(heavy))["state"] == "running"
    assert (await queue.row(waiting))["state"] == "queued"
    await queue.cancel(heavy)
    await queue.until(waiting, "succeeded")


async def test_two_workers_race_for_jobs_and_each_is_done_once(queue: Queue, start_worker) -> None:
    start_worker()
    start_worker()
    wanted = [await queue.request(kind=kind) for kind in ("embed", "export", "import") * 3]
    for job in wanted:
        assert (await queue.until(job, "succeeded"))["attempt"] == 1
    assert await queue.effect_count() == len(wanted)


async def test_a_queued_job_is_cancelled_at_once_and_never_runs(queue: Queue, start_worker) -> None:
    job = await queue.request()
    await queue.cancel(job)
    after = await queue.request()
    start_worker()
    await queue.until(after, "succeeded")
    assert await queue.history(job) == ["requested", "cancelled"]
    assert await queue.effect_count() == 1


@pytest.mark.parametrize("stubborn", [[], [("deaf", None)]], ids=["dies on TERM", "needs KILL"])
async def test_a_running_job_is_cancelled(queue: Queue, start_worker, stubborn) -> None:
    worker = start_worker()
    job = await queue.request(*stubborn, ("report", "busy"), ("hang", 100))
    await queue.until_said(job, "busy")
    await queue.cancel(job)
    await queue.until(job, "cancelled")
    assert await queue.history(job) == ["requested", "started", "cancel_requested", "cancelled"]
    assert worker.children() == []
    await queue.retry(job)
    await queue.until(job, "running")


async def test_what_cannot_work_fails_at_once_with_its_reason(queue: Queue, start_worker) -> None:
    start_worker()
    job = await queue.request(("refuse", "there are no pictures"))
    row = await queue.until(job, "failed")
    assert (row["attempt"], row["error"]) == (1, "there are no pictures\ufffd")


async def test_a_broken_attempt_is_tried_again(queue: Queue, start_worker) -> None:
    start_worker()
    job = await queue.request(("raise", 1))
    row = await queue.until(job, "succeeded")
    assert row["attempt"] == 2
    assert await queue.history(job) == ["requested", "started", "requeued", "started", "succeeded"]


async def test_a_poisonous_job_is_parked_with_its_last_words(queue: Queue, start_worker) -> None:
    start_worker()
    job = await queue.request(("print", "the end is near"), ("die", 3))
    row = await queue.until(job, "failed")
    assert row["attempt"] == 3
    assert row["error"] == "Gave up after 3 attempts: its process was killed by SIGKILL (out of memory?)"
    assert row["error_tail"].endswith("the end is near\n")
    assert await queue.effect_count() == 0


async def test_a_child_that_leaves_without_a_word_has_not_done_its_job(queue: Queue, start_worker) -> None:
    start_worker()
    job = await queue.request(("leave", None))
    row = await queue.until(job, "failed")
    assert row["error"] == "Gave up after 3 attempts: its process ended with status 0"


async def test_a_worker_that_is_stopped_gives_its_job_back(queue: Queue, start_worker) -> None:
    worker = start_worker()
    job = await queue.request(("report", "busy"), ("sleep", 100))
    for _ in range(4):
        await queue.until_said(job, "busy")
        await asyncio.to_thread(worker.end)
        assert (await queue.row(job))["state"] == "queued"
        await queue.pool.execute("DELETE FROM job_progress")
        worker = start_worker()
    await queue.until(job, "running")
    assert await queue.pool.fetchval("SELECT count(*) FROM workers") == 1


async def test_a_worker_shows_itself_while_it_is_there(queue: Queue, start_worker) -> None:
    worker = start_worker()
    while not await queue.pool.fetchval("SELECT count(*) FROM workers"):
        await asyncio.sleep(0.05)
    worker.signal(signal.SIGINT)
    await asyncio.to_thread(worker.end)
    assert await queue.pool.fetchval("SELECT count(*) FROM workers") == 0
