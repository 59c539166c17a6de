"""What webhooks tell waits here for the next pull."""

from javis_pipeline.db.migrations import execute_file

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    execute_file(__file__)
