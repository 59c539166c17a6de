"""Posts to Slack take turns by the lock of scopes."""

from javis_pipeline.db.migrations import execute_file

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    execute_file(__file__)
