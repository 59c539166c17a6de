"""The files that hang on issues, by name; the files themselves stay in Jira."""

from javis_pipeline.db.migrations import execute_file

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    execute_file(__file__)
