"""Storing what a pull brought, set-wise: new issues, changed ones, and those that have to be merged instead.

Functions here never commit, and need a transaction with the origin "sync".
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg.errors import UniqueViolation

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.copying import copy_text
from javis_pipeline.db.issue_rows import IssueLine
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.table_queries import text_for_table
from javis_pipeline.records.jira import IssueStamp
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import ResourceRef

_QUERIES = named_queries("issues")


class StoredIssues(NamedTuple):
    """What became of a batch, as ids.

    `same` payloads are what is here; rows `to_merge` are edited, in conflict, being written, or newer than the payload:
    those are in `outdated` too.
    """

    inserted: list[str]
    updated: list[str]
    renamed: list[str]
    same: list[str]
    to_merge: list[ResourceRef]
    outdated: list[str]


class Elements(NamedTuple):
    """Custom fields.

    Attributes:
        written: Those that are edited here: what becomes of them is audited.
        kept: Those of them that only change here: rows that are here keep what they hold.
    """

    written: Collection[str] = ()
    kept: Collection[str] = ()


NO_ELEMENTS: Final = Elements()


def issues_to_fetch(conn: Connection, stamps: Iterable[IssueStamp], project: str) -> list[str]:
    """Ids of the issues that are not stored as these stamps of a project say, oldest change first."""
    found = list(stamps)
    params = {
        "project": project,
        "jira_ids": [stamp.jira_id for stamp in found],
        "keys": [stamp.key for stamp in found],
        "updated": [stamp.remote_updated_at for stamp in found],
    }
    return [row["jira_id"] for row in conn.execute(_QUERIES["issues_to_fetch"], params)]


def set_up_batch(conn: Connection) -> None:
    """Let this transaction read by index alone, and its commit return before it is safe from a crash of the server."""
    conn.execute(_QUERIES["set_up_batch"])


def store_issues(
    conn: Connection,
    rows: Sequence[IssueLine],
    table: Table,
    elements: Elements = NO_ELEMENTS,
    *,
    run_id: str,
    now: datetime,
    refresh: bool = False,
) -> StoredIssues:
    """Insert what is new and overwrite what is clean and older; the rest is left as it is, and named.

    Args:
        conn: Inside a transaction with the origin "sync", which stores this batch only.
        rows: Issues written for COPY, each once.
        table: The table of issues.
        elements: What custom fields are to people here.
        run_id: For the audit.
        now: Becomes `last_synced_at`.
        refresh: Overwrite also what is as old as the payload and the same, and hand on what is edited.
    """
    if not rows:
        return StoredIssues([], [], [], [], [], [])
    known = frozenset(_ids(conn, "known_issues", jira_ids=[row.jira_id for row in rows]))
    new = [row for row in rows if row.jira_id not in known]
    if new and not _insert(conn, new, now):
        return store_issues(conn, rows, table, elements, run_id=run_id, now=now, refresh=refresh)
    inserted = [row.jira_id for row in new]
    if not known:
        return StoredIssues(inserted, [], [], [], [], [])
    conn.execute(_QUERIES["make_incoming_issues"])
    incoming = [b"%s\t%s\n" % (row.columns, row.told) for row in rows if row.jira_id in known]
    copy_text(conn, _QUERIES["copy_incoming_issues"], b"".join(incoming))
    ids = list(known)
    conn.execute(_QUERIES["complete_incoming_issues"], {"known": ids})
    conn.execute(_QUERIES["complete_incoming_custom_fields"], {"known": ids, "kept": list(elements.kept)})
    lock = text_for_table(_QUERIES["lock_takable_issues"], table)
    taken = [row["jira_id"] for row in conn.execute(lock, {"known": ids, "refresh": refresh})]
    params = {"taken": taken, "run_id": run_id, "now": now, "elements": list(elements.written)}
    renamed = _overwrite(conn, rows, table, params) if taken else []
    left = conn.execute(_QUERIES["leftover_issues"], {"known": ids, "taken": taken, "refresh": refresh}).fetchall()
    same = [row["jira_id"] for row in left if row["is_same"]]
    to_merge = [
        ResourceRef(resource_type="jira_issue", resource_id=row["jira_id"], scope=row["project_key"], key=row["key"])
        for row in left
        if not row["is_same"]
    ]
    outdated = [row["jira_id"] for row in left if row["is_older"]]
    return StoredIssues(inserted, taken, renamed, same, to_merge, outdated)


def _insert(conn: Connection, rows: Sequence[IssueLine], now: datetime) -> bool:
    """Insert issues of which nothing is known; False when another run has just stored one (it moved)."""
    synced_at = now.isoformat().encode()
    try:
        with conn.transaction():
            _free_keys(conn, rows)
            conn.execute(_QUERIES["clear_leftovers"], {"jira_ids": [row.jira_id for row in rows]})
            lines = [b"%s\t%s\n" % (row.columns, synced_at) for row in rows]
            copy_text(conn, _QUERIES["copy_new_issues"], b"".join(lines))
    except UniqueViolation:
        if not _ids(conn, "known_issues", jira_ids=[row.jira_id for row in rows]):
            raise
        return False
    return True


def _free_keys(conn: Connection, rows: Sequence[IssueLine]) -> None:
    params = {"keys": [row.key for row in rows], "jira_ids": [row.jira_id for row in rows]}
    conn.execute(_QUERIES["free_taken_keys"], params)


def _overwrite(conn: Connection, rows: Sequence[IssueLine], table: Table, params: Mapping[str, Any]) -> list[str]:
    """Overwrite the locked rows, which are `taken`; ids of those whose key changed."""
    locked = frozenset(params["taken"])
    _free_keys(conn, [row for row in rows if row.jira_id in locked])
    renamed = [row["jira_id"] for row in conn.execute(_QUERIES["keep_former_keys"], params)]
    for query in ("audit_taken_issues", "update_taken_issues"):
        conn.execute(text_for_table(_QUERIES[query], table), params)
    if renamed:
        conn.execute(text_for_table(_QUERIES["follow_renamed_parents"], table), {"renamed": renamed})
    return renamed


def follow_epics(db: Database, project: str) -> None:
    """Give the project's sub-tasks the epic of the story that each is part of."""
    with db.transaction(origin="sync") as conn:
        conn.execute(_QUERIES["follow_epics"], {"project": project})


def restricted_issues(db: Database, project: str) -> frozenset[str]:
    """Ids of the project's issues that have a security level."""
    return frozenset(row["jira_id"] for row in db.query(_QUERIES["restricted_issues"], {"project": project}))


def count_present_issues(conn: Connection, project: str) -> int:
    """How many issues of the project are stored and, as far as is known, still in Jira."""
    row = conn.execute(_QUERIES["count_present_issues"], {"project": project}).fetchone()
    return int(row["present"]) if row else 0


def _ids(conn: Connection, query: str, **params: object) -> list[str]:
    return [row["jira_id"] for row in conn.execute(_QUERIES[query], params)]
