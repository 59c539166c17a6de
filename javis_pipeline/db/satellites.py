"""What hangs on issues (links, comments, work, files, sprints, history) and the small tables they refer to.

Functions here never commit, and need a transaction with the origin "sync".
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from psycopg.errors import UniqueViolation

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.copying import copy_text
from javis_pipeline.db.issue_rows import Satellite
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.table_queries import for_table
from javis_pipeline.records.jira import Priority, Sprint, Status, User, Version
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import ResourceRef

_QUERIES = named_queries("satellites")

Named = TypeVar("Named")


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
    found = _once(users, lambda user: user.account_id)
    if found:
        conn.execute(
            _QUERIES["store_users"],
            {
                "account_ids": [user.account_id for user in found],
                "display_names": [user.display_name for user in found],
                "active": [user.active for user in found],
            },
        )


def knows_choices(conn: Connection, project_key: str) -> bool:
    """Whether the status and the priority of every issue of a project are among those that are stored."""
    return not conn.execute(_QUERIES["unknown_choices"], {"project_key": project_key}).fetchall()


def store_sprints(conn: Connection, sprints: Iterable[Sprint]) -> None:
    """Insert or correct sprints; issues show a renamed sprint by its new name."""
    found = _once(sprints, lambda sprint: sprint.sprint_id)
    if not found:
        return
    changed = conn.execute(
        _QUERIES["store_sprints"],
        {
            "sprint_ids": [sprint.sprint_id for sprint in found],
            "board_ids": [sprint.board_id for sprint in found],
            "names": [sprint.name for sprint in found],
            "states": [sprint.state for sprint in found],
            "goals": [sprint.goal for sprint in found],
            "start_ats": [sprint.start_at for sprint in found],
            "end_ats": [sprint.end_at for sprint in found],
            "completed_ats": [sprint.completed_at for sprint in found],
        },
    ).fetchall()
    _follow(conn, "rename_sprints_of_issues", [row["sprint_id"] for row in changed])


def store_statuses(conn: Connection, statuses: Iterable[Status]) -> None:
    """Insert or correct statuses; clean issues show a renamed status by its new name."""
    found = _once(statuses, lambda status: status.status_id)
    params = {
        "ids": [status.status_id for status in found],
        "names": [status.name for status in found],
        "categories": [status.category for status in found],
    }
    changed = conn.execute(_QUERIES["store_statuses"], params).fetchall()
    _follow(conn, "rename_statuses_of_issues", [row["status_id"] for row in changed])


def store_priorities(conn: Connection, priorities: Iterable[Priority]) -> None:
    """Insert or correct priorities; clean issues show a renamed priority by its new name."""
    found = _once(priorities, lambda priority: priority.priority_id)
    params = {
        "ids": [priority.priority_id for priority in found],
        "names": [priority.name for priority in found],
        "ranks": [priority.rank for priority in found],
    }
    changed = conn.execute(_QUERIES["store_priorities"], params).fetchall()
    _follow(conn, "rename_priorities_of_issues", [row["priority_id"] for row in changed])


def _once(values: Iterable[Named], id_of: Callable[[Named], Hashable]) -> Sequence[Named]:
    """Each id once, as it came last: an answer may hold one twice, and one statement cannot store a row twice."""
    return list({id_of(value): value for value in values}.values())


def store_versions(conn: Connection, project_key: str, versions: Iterable[Version], *, are_all: bool) -> None:
    """Insert or correct versions of a project; when these are all of them, what is not among them is forgotten."""
    found = _once(versions, lambda version: version.version_id)
    params = {
        "project_key": project_key,
        "ids": [version.version_id for version in found],
        "names": [version.name for version in found],
        "released": [version.released for version in found],
        "archived": [version.archived for version in found],
        "release_ons": [version.release_on for version in found],
    }
    conn.execute(_QUERIES["store_versions"], params)
    if are_all:
        conn.execute(_QUERIES["forget_versions"], {"project_key": project_key, "ids": params["ids"]})


def _follow(conn: Connection, query: str, ids: Sequence[str | int]) -> None:
    if ids:
        conn.execute(_QUERIES[query], {"ids": ids})
