"""History that nothing needs any more. Functions never commit."""

from datetime import datetime
from typing import Literal

from psycopg.sql import SQL, Composable, Identifier

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries

HistoryTable = Literal[
    "sync_runs",
    "local_edits",
    "sync_outbox",
    "sync_audit",
    "sync_conflicts",
    "sync_quarantine",
    "ai_advice",
    "slack_posts",
]

_QUERIES = named_queries("retention")


# Rows that somebody else holds are left for the next time.
_COUNT = SQL("SELECT count(*) AS rows FROM ({outdated}) AS outdated")
_FORGET = SQL(
    "{action} WHERE ctid = ANY "
    "(ARRAY(SELECT ctid FROM ({outdated} LIMIT %(limit)s FOR UPDATE SKIP LOCKED) AS outdated))"
)


def count_outdated(conn: Connection, table: HistoryTable, *, before: datetime) -> int:
    """How many rows of the table would go."""
    row = conn.execute(_COUNT.format(outdated=_outdated(table)), {"before": before}).fetchone()
    return int(row["rows"]) if row else 0


def forget_outdated(conn: Connection, table: HistoryTable, *, before: datetime, limit: int) -> int:
    """Delete up to `limit` rows of the table, or empty them where the row itself must stay; how many that were."""
    statement = _FORGET.format(action=_action(table), outdated=_outdated(table))
    return conn.execute(statement, {"before": before, "limit": limit}).rowcount


def _outdated(table: HistoryTable) -> Composable:
    query = SQL(_QUERIES[table])
    if "records_in_use" not in _QUERIES[table]:
        return query
    return SQL("WITH records_in_use AS ({}) {}").format(SQL(_QUERIES["records_in_use"]), query)


def _action(table: HistoryTable) -> Composable:
    if table == "sync_quarantine":
        return SQL("UPDATE sync_quarantine SET payload = '{{}}'").format()
    return SQL("DELETE FROM {}").format(Identifier(table))
