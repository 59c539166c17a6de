"""Every record has a name of its own, which no remote gives and nothing changes; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    execute_file(__file__)
