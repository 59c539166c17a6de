"""Worklogs are records of their own: people log work on both sides; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    execute_file(__file__)
