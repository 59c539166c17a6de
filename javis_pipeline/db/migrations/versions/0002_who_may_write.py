"""Who the sync is, what its functions trust, and what an application may write; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    execute_file(__file__)
