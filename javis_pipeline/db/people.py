"""Who people are."""

from javis_pipeline.db.connection import Database
from javis_pipeline.db.named_queries import named_queries


def display_names(db: Database) -> dict[str, str]:
    """Names of the people that are known, by account id."""
    return {row["account_id"]: row["display_name"] for row in db.query(named_queries("people")["display_names"])}
