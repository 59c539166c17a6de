"""Outbox, conflicts, audit and journal name a record by what it is called here for ever."""

from javis_pipeline.db.migrations import execute_file

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    execute_file(__file__)
