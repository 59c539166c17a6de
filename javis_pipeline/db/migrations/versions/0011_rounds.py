"""A full reconciliation comes by itself, spread over a day."""

from javis_pipeline.db.migrations import execute_file

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    execute_file(__file__)
