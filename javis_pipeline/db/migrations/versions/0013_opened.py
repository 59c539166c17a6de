"""A scope knows which project or space it is, and by which fields of the site it was read."""

from javis_pipeline.db.migrations import execute_file

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    execute_file(__file__)
