"""One run at a time for each scope, whoever starts it: the command line goes past Dagster's queue, but not past this.

The lock is PostgreSQL's advisory lock on a session of its own: it ends with the holder, however the holder ends. Its
key is random and known to the sync only, because any login may take an advisory lock whose key it knows.

Who holds it for short and often yields: it gives the lock up when somebody wants it, and does not take it while
somebody waits. Who finds such a holder waits for that, and notes its wish again and again.
"""

import contextlib
import logging
import secrets
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, NamedTuple

import psycopg

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.errors import ScopeBusy, ScopeWanted

_QUERIES = named_queries("locks")
_LOG = logging.getLogger(__name__)

# A key that somebody saw while it was held (pg_locks shows it to everybody) is replaced once; the rest is for races.
_MOST_TRIES = 5
# Who yields ends the request under way, and no request takes longer than a minute.
HANDED_OVER_WITHIN: Final = timedelta(seconds=60)
_ASK_AGAIN_SECONDS: Final = 0.1
# A wish that was not noted again for so long is of somebody who gave up.
_WISH_LASTS: Final = timedelta(seconds=2)
# The server ends the session of a machine that went away, so that its lock is free within some ten seconds.
_SESSION: Final = {
    # A server that ends idle sessions would end the lock in the middle of a long fetch.
    "idle_session_timeout": "0",
    "tcp_keepalives_idle": "4",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
_SET_UP: Final = "SELECT " + ", ".join(f"set_config('{name}', %({name})s, false)" for name in _SESSION)


class _Scope(NamedTuple):
    system: str
    scope: str

    @property
    def name(self) -> str:
        return f"{self.system} {self.scope}"

    def params(self, **more: object) -> dict[str, object]:
        return {"system": self.system, "scope": self.scope, "patience": _WISH_LASTS, **more}


class ScopeLock:
    """A lock that is held; made by `hold_scope`."""

    def __init__(self, conn: Connection, scope: _Scope, key: int, *, yields: bool) -> None:
        self._conn = conn
        self._scope = scope
        self._key = key
        self._yields = yields

    def check(self) -> None:
        """Raise ScopeBusy when the session, and the lock with it, was lost: somebody else may hold it by now.

        Call it before writing to a remote. ScopeWanted where it yields and somebody wants it.
        """
        try:
            found = self._conn.execute(_QUERIES["has_key"], self._scope.params(key=self._key)).fetchone()
        except psycopg.OperationalError as error:
            raise ScopeBusy(
                f"{self._scope.name}: the connection that held its lock broke; run the sync again"
            ) from error
        if found is None:
            raise ScopeBusy(f"{self._scope.name}: the key of its lock was replaced; run the sync again")
        if self._yields and found["is_wanted"]:
            raise ScopeWanted(f"{self._scope.name}: another sync wants it")

    def release(self) -> None:
        """Give it up. The end of the session does too, but a moment later: too late for a step that follows at once."""
        with contextlib.suppress(psycopg.OperationalError):
            self._conn.execute(_QUERIES["release_lock"], {"key": self._key})


@contextlib.contextmanager
def hold_scope(
    database: Database,
    system: str,
    scope: str,
    *,
    holder: str = "javis",
    yields: bool = False,
    patience: timedelta = HANDED_OVER_WITHIN,
) -> Iterator[ScopeLock]:
    """Hold the lock of one (system, scope), such as ("jira", "OQC"), until the block ends.

    Args:
        database: Where the lock is kept; everything that syncs the scope must use the same database.
        system: "jira" or "confluence".
        scope: Project or space key.
        holder: Who holds it; shown to those who come second.
        yields: It is given up to whoever wants it: `ScopeLock.check` tells.
        patience: How long to wait for a holder that yields; nobody waits for another.

    Raises:
        ScopeBusy: Somebody else holds it; the message says who, and since when. ScopeWanted where it yields, and
            somebody waits for it.
    """
    wanted = _Scope(system, scope)
    # Who takes it for short, again and again, does not connect each time.
    connect = database.session if yields else database.connect
    with connect(f"{holder}: {wanted.name}") as conn:
        conn.execute(_SET_UP, _SESSION)
        lock = _take(conn, wanted, holder, yields=yields, ends=time.monotonic() + patience.total_seconds())
        try:
            yield lock
        finally:
            lock.release()


def _take(conn: Connection, wanted: _Scope, holder: str, *, yields: bool, ends: float) -> ScopeLock:
    """The lock; ScopeBusy when a sync holds it. What is not a sync may keep the key, but not the scope."""
    tries = 0
    while tries < _MOST_TRIES:
        with conn.transaction():
            found = _read_key(conn, wanted, yields=yields)
            key = found["key"]
            if yields and found["is_wanted"]:
                raise ScopeWanted(f"{wanted.name}: another sync waits for it")
            if conn.execute(_QUERIES["take_lock"], {"key": key}).fetchall()[0]["taken"]:
                if not found["is_noted"]:
                    conn.execute(_QUERIES["note_holder"], wanted.params(yields=yields))
                return ScopeLock(conn, wanted, key, yields=yields)
            held_by = conn.execute(_QUERIES["lock_holder"], {"key": key}).fetchone()
            if held_by is not None and held_by["is_sync"]:
                if not yields:  # who yields does not ask others to
                    conn.execute(_QUERIES["note_wish"], wanted.params(wanted_by=holder))
            else:
                tries += 1
                if held_by is not None:
                    _lock_out(conn, wanted, held_by)
                continue  # or it has just been given up
        if yields or not found["yields"] or time.monotonic() >= ends:
            raise ScopeBusy(f"{wanted.name} is being synced by {_in_words(held_by)}; wait for it to end, or stop it")
        time.sleep(_ASK_AGAIN_SECONDS)
    raise ScopeBusy(f"{wanted.name} is being synced by a run that has just ended; run the sync again")


def _read_key(conn: Connection, wanted: _Scope, *, yields: bool) -> dict[str, Any]:
    """The scope's row of locks; the first who wants the scope makes it."""
    params = wanted.params(yields=yields)
    if (found := conn.execute(_QUERIES["read_key"], params).fetchone()) is None:
        conn.execute(_QUERIES["make_key"], wanted.params(key=_new_key()))
        found = conn.execute(_QUERIES["read_key"], params).fetchone()
    assert found is not None, "nobody deletes it"
    return found


def _lock_out(conn: Connection, wanted: _Scope, stranger: dict[str, Any]) -> None:
    """Leave the key to whoever keeps it, and take another: every run reads it under the row's lock."""
    conn.execute(_QUERIES["replace_key"], wanted.params(key=_new_key()))
    _LOG.warning(
        "%s: its lock was held by login %r (database session %d), which is no sync; it has a new key now",
        wanted.name,
        stranger["login"],
        stranger["pid"],
    )


def _new_key() -> int:
    return secrets.randbits(64) - (1 << 63)


def _in_words(holder: dict[str, Any]) -> str:
    # A role that may not see other sessions gets nulls.
    since = f" since {holder['backend_start']:%Y-%m-%d %H:%M:%S} UTC" if holder["backend_start"] else ""
    name = holder["application_name"] or f"login {holder['login']}"
    return f"'{name}' (database session {holder['pid']}){since}"
