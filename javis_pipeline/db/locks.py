"""One run at a time for each scope, whoever starts it: the command line goes past Dagster's queue, but not past this.

The lock is PostgreSQL's advisory lock on a session of its own: it ends with the holder, however the holder ends.
"""

import contextlib
from collections.abc import Iterator

import psycopg

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.errors import ScopeBusy

_QUERIES = named_queries("locks")


class ScopeLock:
    """A lock that is held; made by `hold_scope`."""

    def __init__(self, conn: Connection, name: str) -> None:
        self._conn = conn
        self._name = name

    def check(self) -> None:
        """Raise ScopeBusy when the session, and the lock with it, was lost: somebody else may hold it by now.

        Call it before writing to a remote.
        """
        try:
            self._conn.execute("SELECT 1")
        except psycopg.OperationalError as error:
            raise ScopeBusy(f"{self._name}: the connection that held its lock broke; run the sync again") from error


@contextlib.contextmanager
def hold_scope(database: Database, system: str, scope: str, *, holder: str = "javis") -> Iterator[ScopeLock]:
    """Hold the lock of one (system, scope), such as ("jira", "OQC"), until the block ends.

    Args:
        database: Where the lock is kept; everything that syncs the scope must use the same database.
        system: "jira" or "confluence".
        scope: Project or space key.
        holder: Who holds it; shown to those who come second.

    Raises:
        ScopeBusy: Somebody else holds it; the message says who, and since when.
    """
    name = f"{system} {scope}"
    with database.connect(f"{holder}: {name}") as conn:
        # A server that ends idle sessions would end the lock in the middle of a long fetch.
        conn.execute("SELECT set_config('idle_session_timeout', '0', false)")
        key = {"name": f"javis {name}"}
        if not conn.execute(_QUERIES["take_lock"], key).fetchall()[0]["taken"]:
            raise ScopeBusy(f"{name} is being synced by {_holder(conn, key)}; wait for it to end, or stop it")
        try:
            yield ScopeLock(conn, name)
        finally:
            # The end of the session releases it too, but only a moment later: too late for a step that follows at once.
            with contextlib.suppress(psycopg.OperationalError):
                conn.execute(_QUERIES["release_lock"], key)


def _holder(conn: Connection, key: dict[str, str]) -> str:
    for row in conn.execute(_QUERIES["lock_holder"], key):
        # A role that may not see other sessions gets nulls.
        since = f" since {row['backend_start']:%Y-%m-%d %H:%M:%S} UTC" if row["backend_start"] else ""
        return f"'{row['application_name'] or 'another user'}' (database session {row['pid']}){since}"
    return "a run that has just ended"
