"""Versions of projects and their release dates are known."""

from javis_pipeline.db.migrations import execute_file

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    execute_file(__file__)
