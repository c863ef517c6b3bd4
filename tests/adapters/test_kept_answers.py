"""What is kept of an erased picture is found without reading what is kept of all others."""

import asyncio
from typing import Any

import asyncpg
import msgspec
from alembic import command

from adapters.clock import new_id
from adapters.database import connected, open_pool
from adapters.kept_answers import claim, forget_about, keep
from adapters.settings import Settings
from tests.adapters.plans import PlanningPool
from tests.conftest import alembic_config

OTHERS = """
INSERT INTO commands (command_id, request_hash, response, about)
SELECT gen_random_uuid(), 'h', 'of another picture', ARRAY[gen_random_uuid(), gen_random_uuid()]
FROM generate_series(1, 20000)
"""


async def test_forgetting_a_picture_reads_its_own_answers_only(pool: asyncpg.Pool) -> None:
    await pool.execute(OTHERS)
    image, twin = new_id(), new_id()
    for about in ([image], [twin, image], [twin]):
        await claim(pool, command_id := new_id(), b"h")
        await keep(pool, command_id, b"answer", about)
    await pool.execute("VACUUM ANALYZE commands")
    planning: Any = PlanningPool(pool)
    await forget_about(planning, image)
    (plan,) = planning.plans
    assert plan.seq_scans() == []
    assert plan.rows_touched() <= 10
    left = await pool.fetch("SELECT about FROM commands WHERE response = 'answer'")
    assert [row["about"] for row in left] == [[twin]]
    assert await pool.fetchval("SELECT count(*) FROM commands") == 20_001


def test_answers_kept_before_they_had_subjects_are_forgotten_too(settings: Settings) -> None:
    url = settings.database_url.replace("/autoannotate?", "/older?")
    image, other = new_id(), new_id()
    answers = [
        msgspec.json.encode({"status": 201, "body": {"registered": [{"id": one, "name": "\N{MICROSCOPE}"}]}})
        for one in (image, other)
    ]

    async def create() -> None:
        async with connected(settings.database_url) as connection:
            await connection.execute("CREATE DATABASE older")

    async def as_an_older_program_left_them() -> None:
        async with connected(url) as connection:
            await connection.executemany(
                "INSERT INTO commands (command_id, request_hash, response) VALUES ($1, 'h', $2)",
                [(new_id(), answer) for answer in [*answers, None]],
            )

    async def left() -> list[bytes | None]:
        pool = await open_pool(url, size=1)
        await forget_about(pool, image)
        rows = await pool.fetch("SELECT response FROM commands ORDER BY response")
        await pool.close()
        return [row["response"] for row in rows]

    asyncio.run(create())
    command.upgrade(alembic_config(url), "0003_side_tables")
    asyncio.run(as_an_older_program_left_them())
    command.upgrade(alembic_config(url), "head")
    assert asyncio.run(left()) == [answers[1], None]
