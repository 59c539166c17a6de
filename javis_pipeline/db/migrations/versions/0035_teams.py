"""Teams are a table by id that issues follow; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    execute_file(__file__)
