"""Marks of restricted text, and who does not see it; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    execute_file(__file__)
