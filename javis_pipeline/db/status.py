"""What the database knows about the state of the sync."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from javis_pipeline.db.connection import Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.values import ScopeRef


def scope_status(db: Database) -> list[dict[str, Any]]:
    """One row per (system, scope) that was ever synced: last run, watermark, and what waits for whom.

    `outcome` and `error` are those of the last run's worst step; `counts` is what the last pull noted.
    """
    return db.query(named_queries("status")["scope_status"])


def left_waiting(statuses: Iterable[Mapping[str, Any]], configured: Collection[ScopeRef]) -> list[str]:
    """A line for each scope that no sync looks at any more although edits or conflicts wait in it.

    Args:
        statuses: What `scope_status` gave.
        configured: The scopes that the settings name.
    """
    return [
        f"{one['system']} {one['scope']} is not in the settings any more: {one['unpushed']} edited rows and "
        f"{one['conflicts']} conflicts wait there, and nothing is sent"
        for one in statuses
        if (one["unpushed"] or one["conflicts"]) and ScopeRef(one["system"], one["scope"]) not in configured
    ]


def table_sizes(db: Database) -> list[dict[str, Any]]:
    """`table`, `bytes` and `rows_estimate` of each of our tables, largest first."""
    return db.query(named_queries("status")["table_sizes"])


def latest_issues(db: Database, project: str, *, limit: int) -> list[dict[str, Any]]:
    """`key`, `title`, `status`, `assignee` and `remote_updated_at` of the issues that changed last, newest first."""
    return db.query(named_queries("status")["latest_issues"], {"project": project, "limit": limit})


def untouched_issues(db: Database, *, limit: int) -> list[str]:
    """Keys of issues that nobody has begun, neither here nor there."""
    return [row["key"] for row in db.query(named_queries("status")["untouched_issues"], {"limit": limit})]


class Held(NamedTuple):
    """What is here of some projects or spaces.

    Attributes:
        rows: Records that are there, on both sides.
        version: A name for what they hold: another one when any of them changes.
    """

    rows: int
    version: str


def issues_held(db: Database, projects: Sequence[str]) -> Held:
    """What is here of the projects' issues."""
    return Held(**db.query(named_queries("status")["issues_held"], {"scopes": list(projects)})[0])


def pages_held(db: Database, spaces: Sequence[str]) -> Held:
    """What is here of the spaces' pages."""
    return Held(**db.query(named_queries("status")["pages_held"], {"scopes": list(spaces)})[0])


def last_pulls(db: Database) -> dict[ScopeRef, datetime]:
    """When each project and space was last read to the end; none for one that never was."""
    rows = db.query(named_queries("status")["last_pulls"])
    return {ScopeRef(row["system"], row["scope"]): row["pulled_at"] for row in rows}


def last_runs(db: Database) -> dict[ScopeRef, str]:
    """Id of the last run of each project and space, whatever became of it."""
    rows = db.query(named_queries("status")["last_runs"])
    return {ScopeRef(row["system"], row["scope"]): row["run_id"] for row in rows}
