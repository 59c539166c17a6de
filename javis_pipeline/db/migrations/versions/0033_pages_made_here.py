"""Pages are made of rows that are inserted here; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    execute_file(__file__)
