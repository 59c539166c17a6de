"""Conflicts and errors as people look at them."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from javis_pipeline.db.connection import Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.values import ResourceType, ScopeRef, System

_QUERIES = named_queries("conflicts")


class FoundConflict(NamedTuple):
    """Where a conflict is kept."""

    conflict_id: UUID
    resource_type: ResourceType
    system: System
    scope: str
    state: str
    kind: str
    record_id: UUID | None

    @property
    def scope_ref(self) -> ScopeRef:
        """The project or space that it is in."""
        return ScopeRef(self.system, self.scope)


def list_conflicts(
    db: Database,
    scopes: Sequence[ScopeRef] | None = None,
    *,
    quote_restricted: bool = False,
    only: UUID | None = None,
    limit: int | None = None,
    quoted: int | None = None,
) -> list[dict[str, Any]]:
    """Open conflicts of these projects and spaces (None: of all), oldest first; `only` one of them, if one is named.

    There can be thousands, each with three long texts: whoever shows some gives the `limit`, most of them, and whoever
    names them all how many are `quoted`, most of them.

    Values and titles of restricted records are told only to those who read with rights of their own: on the command
    line, not in Slack or in the UI.
    """
    params = _scope_parameters(scopes) | {"quote_restricted": quote_restricted, "only": only}
    return db.query(_QUERIES["list_conflicts"], params | {"limit": limit, "quoted": quoted})


def outline_conflicts(db: Database, scopes: Sequence[ScopeRef] | None = None) -> list[dict[str, Any]]:
    """All open conflicts by name, oldest first: `key`, `field`, and `held`, a hash of the values."""
    return db.query(_QUERIES["outline_conflicts"], _scope_parameters(scopes))


def list_errors(
    db: Database, scopes: Sequence[ScopeRef] | None = None, *, quote_restricted: bool = False, limit: int | None = None
) -> list[dict[str, Any]]:
    """What could not be synced: `system`, `scope`, `key`, `title`, `field`, `reason`; titles as for conflicts."""
    params = _scope_parameters(scopes) | {"quote_restricted": quote_restricted, "limit": limit}
    return db.query(_QUERIES["list_errors"], params)


def outline_errors(db: Database, scopes: Sequence[ScopeRef] | None = None) -> list[dict[str, Any]]:
    """Of all that could not be synced: `system`, `scope`, `key`, `field`, and `held`, which changes with the reason."""
    return db.query(_QUERIES["outline_errors"], _scope_parameters(scopes))


def find_conflicts(db: Database, prefix: str) -> list[FoundConflict]:
    """Conflicts whose id begins with `prefix`, at most two."""
    literal = prefix.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = db.query(_QUERIES["find_conflicts"], {"prefix": literal})
    return [
        FoundConflict(
            row["id"], row["resource_type"], row["system"], row["scope"], row["state"], row["kind"], row["record_id"]
        )
        for row in rows
    ]


def _scope_parameters(scopes: Sequence[ScopeRef] | None) -> dict[str, Any]:
    """The pairs as two arrays of the same length, which the queries put together again."""
    if scopes is None:
        return {"systems": None, "scopes": None}
    return {"systems": [ref.system for ref in scopes], "scopes": [ref.scope for ref in scopes]}
