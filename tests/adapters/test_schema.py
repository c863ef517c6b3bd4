import asyncpg
from alembic.config import Config
from alembic.script import ScriptDirectory

from adapters.schema import VERSIONS, heads, is_current
from adapters.settings import Settings


def test_heads_are_those_that_alembic_finds() -> None:
    scripts = ScriptDirectory.from_config(Config(str(VERSIONS.parent / "alembic.ini")))
    assert heads() == set(scripts.get_heads())


async def test_a_database_is_current_after_its_last_migration_only(settings: Settings) -> None:
    assert await is_current(settings.database_url)
    connection = await asyncpg.connect(settings.database_url)
    try:
        (applied,) = heads()
        await connection.execute("UPDATE alembic_version SET version_num = 'earlier'")
        assert not await is_current(settings.database_url)
        await connection.execute("UPDATE alembic_version SET version_num = $1", applied)
        # A database that was never migrated.
        assert not await is_current(settings.database_url.replace("/autoannotate?", "/postgres?"))
    finally:
        await connection.close()
