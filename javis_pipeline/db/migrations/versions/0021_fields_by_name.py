"""Issues of a project with a column for each custom field, by its name; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    execute_file(__file__)
