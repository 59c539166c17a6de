"""Comments below the pages of Confluence are written here too; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    execute_file(__file__)
