"""What the remote refused is kept on the row, and a value written once more is asked again."""

from javis_pipeline.db.migrations import execute_file

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    execute_file(__file__)
