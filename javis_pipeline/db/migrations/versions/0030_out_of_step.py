"""What is not in step is found by one index a table, however many records there are; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    execute_file(__file__)
