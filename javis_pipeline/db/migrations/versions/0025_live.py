"""Hints that a failed run took wait on; a lock is given up to whoever wants it; who listens is known."""

from javis_pipeline.db.migrations import execute_file

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    execute_file(__file__)
