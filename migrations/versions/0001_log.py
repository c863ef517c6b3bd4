"""See migrations/sql/0001_log.sql."""

from migrations.statements import run_sql_file

revision = "0001_log"
down_revision = None


def upgrade() -> None:
    run_sql_file("0001_log.sql")


def downgrade() -> None:
    raise RuntimeError("the log is never downgraded: restore a backup instead")
