"""The real servers, once per test session; each test starts from empty tables."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from alembic import command
from alembic.config import Config

from adapters.clock import new_id
from adapters.database import connected, open_pool
from adapters.embedded_postgres import start_postgres
from adapters.embedded_valkey import start_valkey
from adapters.event_store import PostgresEventStore
from adapters.settings import Settings
from domain.execute import Executor

ROOT = Path(__file__).parents[1]


def alembic_config(database_url: str) -> Config:
    config = Config(str(ROOT / "migrations" / "alembic.ini"))
    config.attributes["database_url"] = database_url
    return config


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings of a platform whose PostgreSQL and Valkey run, migrated."""
    # Not pytest's own folder: that is closed to the ordinary user that PostgreSQL runs as when we are root.
    data_dir = Path(tempfile.mkdtemp(prefix="autoannotate-test-"))
    data_dir.chmod(0o755)
    postgres = start_postgres(data_dir)
    valkey = start_valkey(data_dir)
    command.upgrade(alembic_config(postgres.url), "head")
    try:
        yield Settings(
            data_dir=data_dir,
            given_database_url=postgres.url,
            given_redis_url=valkey.url,
            blob_url=(data_dir / "blobs").as_uri(),
        )
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(data_dir, ignore_errors=True)


async def empty_database(connection: asyncpg.Connection) -> None:
    """As after the migrations: no event, no row."""
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables "
        "WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'log_head')"
    )
    async with connection.transaction():
        # The append-only triggers refuse TRUNCATE to everybody; replication mode is how a superuser's test steps past.
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("TRUNCATE " + ", ".join(row["tablename"] for row in tables))
        await connection.execute("UPDATE log_head SET position = 0, epoch = 1")


@pytest.fixture
def empty_settings(settings: Settings) -> Settings:
    """The same servers with an empty database."""

    async def empty() -> None:
        async with connected(settings.database_url) as connection:
            await empty_database(connection)

    asyncio.run(empty())
    return settings


@pytest_asyncio.fixture
async def pool(empty_settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(empty_settings.database_url)
    try:
        yield opened
    finally:
        await opened.close()


@pytest_asyncio.fixture
async def store(pool: asyncpg.Pool) -> AsyncIterator[PostgresEventStore]:
    started = PostgresEventStore(pool)
    await started.start()
    try:
        yield started
    finally:
        await started.stop()


@pytest.fixture
def executor(store: PostgresEventStore) -> Executor:
    return Executor(store, new_id)
