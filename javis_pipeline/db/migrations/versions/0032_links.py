"""Links are records of their own, one row a link whichever end it is seen from; the SQL is beside it."""

from javis_pipeline.db.migrations import execute_file

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    execute_file(__file__)
