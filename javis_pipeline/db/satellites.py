"""What hangs on issues (links, comments, work, files, sprints, history), and the people they name.

Functions here never commit, and need a transaction with the origin "sync".
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from psycopg.errors import UniqueViolation

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.copying import copy_text
from javis_pipeline.db.issue_rows import Satellite
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.table_queries import for_table
from javis_pipeline.records.jira import User
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import ResourceRef

_QUERIES = named_queries("satellites")


def replace_satellites(conn: Connection, table: Satellite, stale_of: Sequence[str], lines: bytes) -> None:
    """Put these rows, in COPY's text format, in place of all that the issues `stale_of` (ids) had."""
    if stale_of:
        conn.execute(_QUERIES[f"clear_{table}"], {"jira_ids": stale_of})
    if lines:
        copy_text(conn, _QUERIES[f"copy_{table}"], lines)


def merge_comments(
    conn: Connection, table: Table, stale_of: Sequence[str], lines: bytes, *, run_id: str, now: datetime
) -> list[ResourceRef]:
    """Make the comments of the issues `stale_of` (ids) what came, in COPY's text format; those that were edited here,
    or about which something is under way, are left and named."""
    if not stale_of:
        return []
    _receive_comments(conn, lines)
    params = {"jira_ids": stale_of, "run_id": run_id, "now": now}
    taken = conn.execute(for_table(_QUERIES["lock_takable_comments"], table), params).fetchall()
    params["taken"] = [row["record_id"] for row in taken]
    for query in ("remove_comments", "audit_comments", "update_comments", "insert_comments"):
        conn.execute(_QUERIES[query], params)
    hash_comments(conn, table, stale_of)
    left = conn.execute(for_table(_QUERIES["leftover_comments"], table), params).fetchall()
    return [
        ResourceRef(resource_type=table.kind, resource_id=row["id"], scope=row["scope"], key=row["key"]) for row in left
    ]


def _receive_comments(conn: Connection, lines: bytes) -> None:
    conn.execute(_QUERIES["make_incoming_comments"])
    conn.execute("TRUNCATE pg_temp.incoming_comments")
    if lines:
        copy_text(conn, _QUERIES["copy_incoming_comments"], lines)


def insert_comments(conn: Connection, table: Table, new: Sequence[str], lines: bytes) -> None:
    """Store the comments of issues that are new here (ids), in COPY's text format.

    An id that comes twice, or that another issue has, is a mistake of the site: it is stored once, and stops nothing.
    """
    if not lines:
        return
    try:
        with conn.transaction():
            copy_text(conn, _QUERIES["copy_comments"], lines)
    except UniqueViolation:
        _receive_comments(conn, lines)
        conn.execute(_QUERIES["insert_comments"])
    hash_comments(conn, table, new)


def hash_comments(conn: Connection, table: Table, jira_ids: Sequence[str]) -> None:
    """Note of what our account wrote how it came."""
    conn.execute(for_table(_QUERIES["hash_comments"], table), {"jira_ids": jira_ids})


def restrict_satellites(conn: Connection, jira_ids: Sequence[str]) -> None:
    """Mark the comments, worklogs and attachments of those of the issues that have a security level."""
    if jira_ids:
        conn.execute(_QUERIES["restrict_satellites"], {"jira_ids": jira_ids})


def store_users(conn: Connection, users: Iterable[User]) -> None:
    """Insert or correct people; a person is known by the account id."""
    found = list({user.account_id: user for user in users}.values())
    if found:
        conn.execute(
            _QUERIES["store_users"],
            {
                "account_ids": [user.account_id for user in found],
                "display_names": [user.display_name for user in found],
                "active": [user.active for user in found],
            },
        )
