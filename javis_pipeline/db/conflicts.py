"""Conflicts and errors as people look at them."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from javis_pipeline.db.connection import Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.values import ResourceType

_QUERIES = named_queries("conflicts")


class FoundConflict(NamedTuple):
    """Where a conflict is kept."""

    conflict_id: UUID
    resource_type: ResourceType
    scope: str
    state: str


def list_conflicts(db: Database, scopes: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Open conflicts of these projects and spaces (None: of all), oldest first."""
    return db.query(_QUERIES["list_conflicts"], {"scopes": None if scopes is None else list(scopes)})


def list_errors(db: Database, scopes: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Local edits that cannot be sent: `system`, `scope`, `key`, `title`, `field`, `reason`."""
    return db.query(_QUERIES["list_errors"], {"scopes": None if scopes is None else list(scopes)})


def find_conflicts(db: Database, prefix: str) -> list[FoundConflict]:
    """Conflicts whose id begins with `prefix`, at most two."""
    literal = prefix.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = db.query(_QUERIES["find_conflicts"], {"prefix": literal})
    return [FoundConflict(row["id"], row["resource_type"], row["scope"], row["state"]) for row in rows]
