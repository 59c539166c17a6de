"""What the database knows about the state of the sync."""

from typing import Any

from javis_pipeline.db.connection import Database
from javis_pipeline.db.named_queries import named_queries


def scope_status(db: Database) -> list[dict[str, Any]]:
    """One row per (system, scope) that was ever synced: last run, watermark, and what waits for whom.

    `outcome` and `error` are those of the last run's worst step; `counts` is what the last pull noted.
    """
    return db.query(named_queries("status")["scope_status"])


def table_sizes(db: Database) -> list[dict[str, Any]]:
    """`table`, `bytes` and `rows_estimate` of each of our tables, largest first."""
    return db.query(named_queries("status")["table_sizes"])


def latest_issues(db: Database, project: str, *, limit: int) -> list[dict[str, Any]]:
    """`key`, `title`, `status`, `assignee` and `remote_updated_at` of the issues that changed last, newest first."""
    return db.query(named_queries("status")["latest_issues"], {"project": project, "limit": limit})
