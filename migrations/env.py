"""Alembic's entry: `alembic -c migrations/alembic.ini upgrade head`, against DATABASE_URL."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.database import sqlalchemy_url
from adapters.settings import load_settings


def run(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def migrate(database_url: str) -> None:
    engine = create_async_engine(sqlalchemy_url(database_url), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


url = context.config.attributes.get("database_url") or load_settings().database_url
asyncio.run(migrate(url))
