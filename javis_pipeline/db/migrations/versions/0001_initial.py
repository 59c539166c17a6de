"""Tables, triggers and roles of the first release; the SQL is in 0001_initial.sql."""

from javis_pipeline.db.migrations import execute_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    execute_file(__file__)
