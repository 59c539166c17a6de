"""What is deleted here is put away there, where that is switched on; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    execute_file(__file__)
