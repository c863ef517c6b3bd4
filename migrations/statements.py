"""Runs a whole SQL file in the migration's transaction."""

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only

SQL_DIR = Path(__file__).parent / "sql"


def run_sql_file(name: str) -> None:
    # asyncpg prepares one statement a time through SQLAlchemy; its own execute() takes a whole script.
    raw = op.get_bind().connection.driver_connection
    assert raw is not None
    await_only(raw.execute((SQL_DIR / name).read_text()))
