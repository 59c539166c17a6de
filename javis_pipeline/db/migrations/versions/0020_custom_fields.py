"""Custom fields of Jira: what a site has, and what of their values people do not see; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    execute_file(__file__)
