"""Custom fields are kept as they are read, and the views by name read only what is asked of them; the SQL is beside
it."""

from javis_pipeline.db.migrations import execute_file

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    execute_file(__file__)
