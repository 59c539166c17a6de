"""Comments below the pages of Confluence are read; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    execute_file(__file__)
