"""What hangs on issues (links, comments, work, files, sprints, history), and the people they name.

Functions here never commit, and need a transaction with the origin "sync".
"""

from collections.abc import Iterable, Sequence

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.copying import copy_text
from javis_pipeline.db.issue_rows import Satellite
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.jira import User

_QUERIES = named_queries("satellites")


def replace_satellites(conn: Connection, table: Satellite, stale_of: Sequence[str], lines: bytes) -> None:
    """Put these rows, in COPY's text format, in place of all that the issues `stale_of` (ids) had."""
    if stale_of:
        conn.execute(_QUERIES[f"clear_{table}"], {"jira_ids": stale_of})
    if lines:
        copy_text(conn, _QUERIES[f"copy_{table}"], lines)


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
