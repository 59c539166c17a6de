"""What an accepted loss took from a text stays in the audit."""

from javis_pipeline.db.migrations import execute_file

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    execute_file(__file__)
