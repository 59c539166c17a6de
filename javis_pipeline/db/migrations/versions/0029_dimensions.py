"""Issue types, resolutions and components are tables of their own; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    execute_file(__file__)
