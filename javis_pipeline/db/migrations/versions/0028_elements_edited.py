"""Custom fields are edited here by id and by name; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    execute_file(__file__)
