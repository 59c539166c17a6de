"""Pages that only some people may read are kept from readers, as restricted issues are."""

from javis_pipeline.db.migrations import execute_file

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    execute_file(__file__)
