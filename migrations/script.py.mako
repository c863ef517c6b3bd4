"""${message}"""

from migrations.statements import run_sql_file

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    run_sql_file("${up_revision}.sql")


def downgrade() -> None:
    raise RuntimeError("the log is never downgraded: restore a backup instead")
