"""See migrations/sql/0002_read_models.sql."""

from migrations.statements import run_sql_file

revision = "0002_read_models"
down_revision = "0001_log"


def upgrade() -> None:
    run_sql_file("0002_read_models.sql")


def downgrade() -> None:
    raise RuntimeError("the log is never downgraded: restore a backup instead")
