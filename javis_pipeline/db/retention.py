"""History that nothing needs any more. Functions never commit."""

import typing
from datetime import datetime

from psycopg.sql import SQL, Composable, Identifier, Literal

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries

HistoryTable = typing.Literal[
    "sync_runs",
    "local_edits",
    "sync_outbox",
    "sync_creates",
    "sync_audit",
    "sync_conflicts",
    "sync_quarantine",
    "sync_hints",
    "ai_advice",
    "slack_posts",
]

_QUERIES = named_queries("retention")


# History to which even the sync only adds: a function of the owner deletes from it, and only what is older than a week.
_APPEND_ONLY = frozenset({"local_edits", "sync_audit", "sync_conflicts"})

# Rows that somebody else holds are left for the next time.
_COUNT = SQL("SELECT count(*) AS rows FROM ({outdated}) AS outdated")
_FORGET = SQL(
    "{action} WHERE ctid = ANY "
    "(ARRAY(SELECT ctid FROM ({outdated} LIMIT %(limit)s FOR UPDATE SKIP LOCKED) AS outdated))"
)
_FORGET_APPENDED = SQL(
    "SELECT javis_forget({table}, ARRAY(SELECT id::text FROM ({outdated} LIMIT %(limit)s) AS outdated)) AS rows"
)


def count_outdated(conn: Connection, table: HistoryTable, *, before: datetime) -> int:
    """How many rows of the table would go."""
    row = conn.execute(_COUNT.format(outdated=_outdated(table)), {"before": before}).fetchone()
    return int(row["rows"]) if row else 0


def forget_outdated(conn: Connection, table: HistoryTable, *, before: datetime, limit: int) -> int:
    """Delete up to `limit` rows of the table, or empty them where the row itself must stay; how many that were."""
    params = {"before": before, "limit": limit}
    if table in _APPEND_ONLY:
        row = conn.execute(_FORGET_APPENDED.format(table=Literal(table), outdated=_outdated(table)), params).fetchone()
        return int(row["rows"]) if row else 0
    statement = _FORGET.format(action=_action(table), outdated=_outdated(table))
    return conn.execute(statement, params).rowcount


def _outdated(table: HistoryTable) -> Composable:
    query = SQL(_QUERIES[table])
    if "records_in_use" not in _QUERIES[table]:
        return query
    return SQL("WITH records_in_use AS ({}) {}").format(SQL(_QUERIES["records_in_use"]), query)


def _action(table: HistoryTable) -> Composable:
    if table == "sync_quarantine":
        return SQL("UPDATE sync_quarantine SET payload = '{{}}'").format()
    return SQL("DELETE FROM {}").format(Identifier(table))
