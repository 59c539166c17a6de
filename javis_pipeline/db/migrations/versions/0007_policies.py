"""What is switched on or off; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    execute_file(__file__)
