"""What a restored backup held as not asked for yet may have been asked for since; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    execute_file(__file__)
