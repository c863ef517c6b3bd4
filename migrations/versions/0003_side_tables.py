"""See migrations/sql/0003_side_tables.sql."""

from migrations.statements import run_sql_file

revision = "0003_side_tables"
down_revision = "0002_read_models"


def upgrade() -> None:
    run_sql_file("0003_side_tables.sql")


def downgrade() -> None:
    raise RuntimeError("the log is never downgraded: restore a backup instead")
