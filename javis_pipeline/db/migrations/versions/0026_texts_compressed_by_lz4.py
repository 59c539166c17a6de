"""Long texts are compressed by LZ4 where the server has it, in a fifth of the time; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    execute_file(__file__)
