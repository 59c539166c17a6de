"""Who changed what, as people look at it."""

from typing import Any, NamedTuple
from uuid import UUID

from javis_pipeline.db.connection import Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.values import ResourceType

_QUERIES = named_queries("audit")


class ChangedScope(NamedTuple):
    """A project or space in which a run changed something."""

    resource_type: ResourceType
    scope: str
    run_id: str


def recent_runs(db: Database, *, limit: int) -> list[dict[str, Any]]:
    """Runs that changed something, newest first, with the number of changes on each side."""
    return db.query(_QUERIES["recent_runs"], {"limit": limit})


def changes_of_run(db: Database, run_id: str, *, limit: int) -> list[dict[str, Any]]:
    """What a run changed, in its order; `run_id` may be cut short."""
    return db.query(_QUERIES["changes_of_run"], {"run_id": _literal(run_id), "limit": limit})


def changes_of_record(db: Database, record_id: UUID, *, limit: int) -> list[dict[str, Any]]:
    """The latest edits made here and changes made by the sync, oldest first."""
    return db.query(_QUERIES["changes_of_record"], {"record_id": record_id, "limit": limit})


def scopes_of_run(db: Database, run_id: str) -> list[ChangedScope]:
    """Where a run changed something; `run_id` may be cut short."""
    rows = db.query(_QUERIES["scopes_of_run"], {"run_id": _literal(run_id)})
    return [ChangedScope(row["resource_type"], row["scope"], row["run_id"]) for row in rows]


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
