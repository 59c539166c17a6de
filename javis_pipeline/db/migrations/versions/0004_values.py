"""What an application writes is checked where it is written; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    execute_file(__file__)
