"""What a site told lately is kept for an hour, for all processes."""

from javis_pipeline.db.migrations import execute_file

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    execute_file(__file__)
