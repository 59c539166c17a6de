"""Comments are records of their own: people write and edit them on both sides; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    execute_file(__file__)
