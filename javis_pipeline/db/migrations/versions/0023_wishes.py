"""Records that were inserted here, and are to be made there."""

from javis_pipeline.db.migrations import execute_file

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    execute_file(__file__)
