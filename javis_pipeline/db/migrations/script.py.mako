"""${message}; the SQL is in the file beside this one."""

from javis_pipeline.db.migrations import execute_file

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    execute_file(__file__)
