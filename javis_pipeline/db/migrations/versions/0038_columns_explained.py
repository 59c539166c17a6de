"""What the columns of jira_issues are; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    execute_file(__file__)
