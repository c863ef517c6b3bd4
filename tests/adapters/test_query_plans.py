"""No query that people or workers wait for reads what it does not show, however large the project is.

Plans are asserted over 100,000 images and a million annotations, in the long profile over a million and ten millions,
by the rows that they touch: those do not depend on how busy the machine is.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from alembic import command

from adapters import image_rows
from adapters.clock import new_id
from adapters.database import connected, open_pool
from adapters.event_store import PostgresEventStore
from adapters.feed import FeedHub
from adapters.image_rows import ImageFilter, Sort
from adapters.jobs import JobBoard
from adapters.settings import Settings
from domain.execute import Executor
from domain.ports import Head
from tests.adapters.large_project import PROJECT, category, fill
from tests.adapters.plans import Plan, PlanningPool
from tests.conftest import alembic_config
from tests.faults.profile import LONG

IMAGES = 1_000_000 if LONG else 100_000
PAGE = 101
TOUCHED_AT_MOST = 40_000
"""Of the millions; what a page of the rarest filters costs on its way."""
SORTED_AT_MOST = 20_000

pytestmark = pytest.mark.timeout(1_800)


@pytest.fixture(scope="module")
def large_settings(settings: Settings) -> Settings:
    url = settings.database_url.replace("/autoannotate?", "/plans?")

    async def create() -> None:
        async with connected(settings.database_url) as connection:
            await connection.execute("CREATE DATABASE plans")

    async def fill_it() -> None:
        async with connected(url) as connection:
            await fill(connection, IMAGES)

    asyncio.run(create())
    command.upgrade(alembic_config(url), "head")
    asyncio.run(fill_it())
    return msgspec.structs.replace(settings, given_database_url=url)


@pytest_asyncio.fixture
async def large_pool(large_settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    # As the API opens it: the same planner settings.
    pool = await open_pool(large_settings.database_url, 2)
    try:
        yield pool
    finally:
        await pool.close()


@pytest.fixture
def planning(large_pool: asyncpg.Pool) -> Any:
    return PlanningPool(large_pool)


def breaches(plan: Plan) -> list[str]:
    found = [f"reads all of {table}" for table in plan.seq_scans()]
    if plan.rows_touched() > TOUCHED_AT_MOST:
        found.append(f"touches {plan.rows_touched()} rows")
    if plan.rows_sorted() > SORTED_AT_MOST:
        found.append(f"sorts {plan.rows_sorted()} rows")
    return found


FILTERS: dict[str, tuple[ImageFilter, bool]] = {
    "all": (ImageFilter(), True),
    "common state": (ImageFilter(states=["approved"]), True),
    "rare state": (ImageFilter(states=["rejected"]), True),
    "two rare states": (ImageFilter(states=["rejected", "in_progress"]), True),
    "commonest category": (ImageFilter(category_ids=[category(0)]), True),
    "rarest category": (ImageFilter(category_ids=[category(19)]), True),
    "category and what was merged into it": (ImageFilter(category_ids=[category(18), category(19)]), True),
    "category of nothing": (ImageFilter(category_ids=[category(77)]), False),
    "source of most": (ImageFilter(source="human"), True),
    "source of some": (ImageFilter(source="model"), True),
    "source of few": (ImageFilter(source="import"), True),
    "part of every name": (ImageFilter(q="picture"), True),
    "part of few names": (ImageFilter(q="00777"), True),
    "part of no name": (ImageFilter(q="nothing"), False),
    "two letters of every name": (ImageFilter(q="pi"), True),
    "two letters of no name": (ImageFilter(q="zz"), False),
    "one sign of no name": (ImageFilter(q="%"), False),
    "some confidence": (ImageFilter(min_confidence=0.5), True),
    "great confidence": (ImageFilter(min_confidence=0.999), True),
    "confidence of none": (ImageFilter(min_confidence=1), False),
    "audit": (ImageFilter(audit=True), True),
    "query batch": (ImageFilter(query_batch_id=new_id()), False),
    "trash": (ImageFilter(trashed=True), True),
    "state and category": (ImageFilter(states=["submitted"], category_ids=[category(12)]), True),
    "source and name": (ImageFilter(source="import", q="picture-00"), True),
    "state and confidence": (ImageFilter(states=["unlabelled"], min_confidence=0.9), True),
}

SORTS: tuple[Sort, ...] = ("oldest", "newest", "name")
MIDDLE: dict[Sort, list[Any]] = {
    "oldest": [IMAGES // 2],
    "newest": [IMAGES // 2],
    "name": [f"picture-{IMAGES // 2:08}.jpg", IMAGES // 2],
}


@pytest.mark.parametrize("filter_", FILTERS)
async def test_a_page_of_images_touches_little_under_every_filter_and_sort(planning: Any, filter_: str) -> None:
    wanted, finds = FILTERS[filter_]
    for sort, after in itertools.product(SORTS, ("start", "middle")):
        key = MIDDLE[sort] if after == "middle" else None
        rows = await image_rows.fetch_images(planning, PROJECT, wanted, sort=sort, after=key, limit=PAGE)
        assert bool(rows) == finds, f"{sort} from the {after}"
        assert breaches(planning.plans[-1]) == [], f"{sort} from the {after}: {planning.plans[-1].root}"


@pytest.mark.parametrize("filter_", FILTERS)
async def test_the_neighbours_of_an_image_are_found_under_every_filter_and_sort(
    planning: Any, large_pool: asyncpg.Pool, filter_: str
) -> None:
    wanted, finds = FILTERS[filter_]
    of = await large_pool.fetchrow("SELECT * FROM images WHERE position = $1", IMAGES // 2)
    assert of is not None
    for sort in SORTS:
        before, following = await image_rows.fetch_neighbours(planning, PROJECT, of, wanted, sort)
        assert (before is not None, following is not None) == (finds, finds), sort
        assert [breaches(plan) for plan in planning.plans[-2:]] == [[], []], f"{sort}: {planning.plans[-2:]}"


async def test_a_page_of_the_feed_and_of_the_log_is_read_from_where_it_begins(planning: Any) -> None:
    hub = FeedHub("", planning)
    hub.head = Head(1, IMAGES - 3)
    events, upto = await hub.after(PROJECT, IMAGES // 2, 500)
    assert (len(events), events[0].position, upto) == (500, IMAGES // 2 + 1, events[-1].position)
    store = PostgresEventStore(planning)
    assert len(await store.read_log(IMAGES // 2, 500)) == 500
    # Beside the page itself, at most the events of another project that lie between its.
    assert [500 <= plan.rows_touched() <= 510 for plan in planning.plans] == [True, True]
    # The project has nearly all events, so that the planner may take either index for its page.
    assert planning.plans[0].indexes() <= {"events_by_project", "events_pkey"}
    assert planning.plans[1].indexes() == {"events_pkey"}
    assert [plan.seq_scans() for plan in planning.plans] == [[], []]


async def test_a_stream_is_read_by_itself(planning: Any, large_pool: asyncpg.Pool) -> None:
    stream_id = await large_pool.fetchval("SELECT stream_id FROM events WHERE position = $1", IMAGES // 2)
    assert [one.version for one in await PostgresEventStore(planning).read_stream(stream_id)] == [1, 2, 3]
    (plan,) = planning.plans
    assert (plan.indexes(), plan.seq_scans()) == ({"events_stream_id_version_key"}, [])
    # A bitmap scan touches each twice, in the index and in the table.
    assert plan.rows_touched() <= 6


async def test_waiting_and_silent_jobs_are_found_among_finished_ones(planning: Any, large_pool: asyncpg.Pool) -> None:
    board = JobBoard(planning, planning, Executor(PostgresEventStore(planning), new_id), "test", 30)
    assert len(await board.next_queued(["train", "embed"])) == 10
    (claim,) = planning.plans
    assert (claim.indexes(), claim.seq_scans()) == ({"jobs_to_claim"}, [])
    running = await large_pool.fetchval("SELECT count(*) FROM jobs WHERE state = 'running'")
    reaper = "SELECT job_id FROM jobs WHERE state = 'running'"
    await planning.fetch(reaper)
    assert planning.plans[-1].rows_touched() <= 2 * running
    assert planning.plans[-1].indexes() == {"jobs_running"}


def test_a_name_is_searched_in_its_middle_from_three_letters_on() -> None:
    asked = ["abc", "a1_b2", "ab", "%", "a\\b_c", "50%"]
    assert [image_rows.name_pattern(part) for part in asked] == [
        "%abc%", r"a1\_b2%", "ab%", r"\%%", "a\\\\b\\_c%", r"50\%%",
    ]  # fmt: skip
