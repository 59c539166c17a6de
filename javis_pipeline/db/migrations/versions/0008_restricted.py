"""Marks of restricted text, and who does not see it; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    execute_file(__file__)
