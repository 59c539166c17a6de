"""What a work context is made from, and the contexts that were made. Functions never commit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries

_QUERIES = named_queries("context")

CONTEXT_TABLES: Final = (
    "issues",
    "outside_issues",
    "links",
    "status_changes",
    "statuses",
    "sprints",
    "issue_sprints",
    "sprint_changes",
    "users",
    "pages",
    "page_links",
    "conflicts",
    "versions",
    "visions",
)


def context_rows(
    conn: Connection, *, project_key: str, spaces: Sequence[str], labels: Sequence[str], since: datetime
) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each of `CONTEXT_TABLES`, in the order of the columns of its query.

    Args:
        spaces: Confluence spaces that come with the project.
        labels: Link labels, in lower case, that mean that one issue waits for another.
        since: Issues that were resolved before come without their status changes.
    """
    params = {"project_key": project_key, "spaces": list(spaces), "labels": list(labels), "since": since}
    # Tuples and the binary format: with a hundred thousand issues, dicts and text cost as much as all the figures.
    with conn.cursor(row_factory=tuple_row, binary=True) as cursor:
        return {name: cursor.execute(_QUERIES[name], params).fetchall() for name in CONTEXT_TABLES}


def known_projects(conn: Connection) -> list[str]:
    """Keys of the projects that have issues here, in order."""
    return [row["project_key"] for row in conn.execute(_QUERIES["known_projects"])]


def store_context(conn: Connection, context: Mapping[str, Any], *, context_hash: str, keep_since: datetime) -> bool:
    """Keep a context unless the newest one of its project has the same hash; whether it was kept.

    Args:
        context: As `records.context.to_json` returns it.
        keep_since: Older contexts are forgotten, but never the newest one.
    """
    keys = {"project_key": context["project_key"]}
    conn.execute(_QUERIES["lock_contexts"], keys)
    row = {**keys, "as_of": context["as_of"], "context_hash": context_hash, "context": Jsonb(context)}
    stored = conn.execute(_QUERIES["insert_context"], row).rowcount == 1
    if stored:
        conn.execute(_QUERIES["forget_contexts"], {**keys, "before": keep_since})
    return stored


def daily_forecasts(conn: Connection, project_key: str, *, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """What the first context of each day said of the future, as parts of `to_json`; the oldest first."""
    keys = {"project_key": project_key, "since": since, "until": until}
    return [row["said"] for row in conn.execute(_QUERIES["daily_forecasts"], keys)]


def newest_context(conn: Connection, project_key: str) -> dict[str, Any] | None:
    """The newest context that was kept, as `records.context.from_json` reads it; None when there is none."""
    row = conn.execute(_QUERIES["newest_context"], {"project_key": project_key}).fetchone()
    return None if row is None else row["context"]
