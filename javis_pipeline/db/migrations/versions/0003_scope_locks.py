"""The key of each scope's lock; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    execute_file(__file__)
