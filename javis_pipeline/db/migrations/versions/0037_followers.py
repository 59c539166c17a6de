"""A column that follows another one is changed there; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    execute_file(__file__)
