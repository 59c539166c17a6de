"""An edit keeps what a column that was added later holds by default; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    execute_file(__file__)
