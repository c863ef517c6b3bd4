"""See migrations/sql/0004_subjects_of_answers.sql."""

from migrations.statements import run_sql_file

revision = "0004_subjects_of_answers"
down_revision = "0003_side_tables"


def upgrade() -> None:
    run_sql_file("0004_subjects_of_answers.sql")


def downgrade() -> None:
    raise RuntimeError("the log is never downgraded: restore a backup instead")
