"""Whether a database has this version's schema, asked without loading alembic: it costs every start a second."""

import re
from pathlib import Path

import asyncpg

VERSIONS = Path(__file__).parents[1] / "migrations" / "versions"
REVISION = re.compile(r'^(down_)?revision\b[^=]*= "(\w+)"$', re.MULTILINE)


def heads() -> set[str]:
    """The revisions that no other one builds on."""
    found = [match for path in VERSIONS.glob("*.py") for match in REVISION.findall(path.read_text())]
    return {name for down, name in found if not down} - {name for down, name in found if down}


async def is_current(database_url: str) -> bool:
    connection = await asyncpg.connect(database_url)
    try:
        applied = await connection.fetch("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()
    return {row["version_num"] for row in applied} == heads()
