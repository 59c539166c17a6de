"""Who may not change custom fields is told so, by their names; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    execute_file(__file__)
