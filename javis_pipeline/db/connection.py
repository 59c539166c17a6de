"""Connections to the product's database, and what can be wrong with it."""

import contextlib
import logging
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Identifier
from psycopg_pool import ConnectionPool, PoolTimeout
from pydantic import SecretStr

from javis_pipeline.db.embedded import DAGSTER_DATABASE, EmbeddedServer
from javis_pipeline.db.migrate import check_schema, migrate
from javis_pipeline.db.pooled import Pooled
from javis_pipeline.db.private_database import keep_from_others
from javis_pipeline.errors import DatabaseBusy, DatabaseError, SettingError
from javis_pipeline.records.tables import Tables

Connection = psycopg.Connection[DictRow]
Params = Sequence[Any] | Mapping[str, Any] | None

OLDEST_SERVER = 15
_MAX_CONNECTIONS = 8
_CONNECT_SECONDS = 10
# A login or a database may have its own; what is read and written here has one.
_SPELLINGS = (
    "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c standard_conforming_strings=on"
    r" -c default_transaction_isolation=read\ committed"
)
# So long the sync waits for what somebody else holds, unless its login has a time of its own.
_LOCK_PATIENCE = "1min"
# Compiling a statement takes longer than any of the sync's runs: they are many, short, and each does little.
_BEGIN = """
    SELECT set_config('javis.origin', %(origin)s, true),
           set_config('lock_timeout', coalesce(nullif(current_setting('lock_timeout'), '0'), %(patience)s), true),
           set_config('jit', 'off', true)
"""

# The pool logs each attempt of its own to connect again; whoever waits for the connection gets the error.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


class DatabaseSettings(Protocol):
    """What of the settings says where the databases are."""

    @property
    def database_url(self) -> SecretStr | None: ...
    @property
    def dagster_postgres_url(self) -> SecretStr | None: ...
    @property
    def javis_home(self) -> Path: ...
    @property
    def javis_pg_bin(self) -> Path | None: ...


class Database:
    """A database that is reachable, writable and of this program's schema.

    Safe to share between threads. Rows are dicts; instants come back in UTC.
    """

    def __init__(self, url: str, *, application_name: str = "javis") -> None:
        """Connect and look; DatabaseError says what is wrong and what to do.

        Args:
            url: PostgreSQL URL.
            application_name: Name that the server shows for our connections, and that the audit records.
        """
        self.url = url
        self._conninfo = _conninfo(url, application_name)
        with _explained(url):
            with psycopg.connect(self._conninfo, autocommit=True) as conn:
                _check_server(conn, url)
                check_schema(conn)
            self._pool = ConnectionPool(
                self._conninfo,
                connection_class=Pooled,
                kwargs={"row_factory": dict_row, "autocommit": True},
                min_size=0,
                max_size=_MAX_CONNECTIONS,
                check=Pooled.check,
                configure=_configure,
                reset=Pooled.note_use,
                timeout=_CONNECT_SECONDS,
                open=True,
            )
        self._sessions: deque[Connection] = deque()

    @classmethod
    def open(cls, settings: DatabaseSettings, tables: Tables, *, application_name: str = "javis") -> Self:
        """The configured database with its schema up to date; the embedded server is started when none is named."""
        upgrade(settings, tables)
        return cls(database_url(settings), application_name=application_name)

    @contextlib.contextmanager
    def transaction(self, *, origin: str | None = None, application_name: str | None = None) -> Iterator[Connection]:
        """A connection with an open transaction: committed at the end, rolled back when an exception leaves the block.

        Args:
            origin: "sync" marks the writes as the synchronisation's own: they are not local edits.
            application_name: Who edits, for the audit; None for the name of this Database.
        """
        with _explained(self.url), self._pooled() as conn, conn.transaction():
            if application_name is not None:
                conn.execute("SELECT set_config('application_name', %s, true)", [application_name])
            if origin is not None:
                conn.execute(_BEGIN, {"origin": origin, "patience": _LOCK_PATIENCE})
            yield conn

    @contextlib.contextmanager
    def _pooled(self) -> Iterator[Connection]:
        with contextlib.ExitStack() as stack:
            try:
                conn = stack.enter_context(self._pool.connection())
            except PoolTimeout:
                psycopg.connect(self._conninfo).close()  # raises the reason, which the pool does not tell
                raise
            yield conn

    @contextlib.contextmanager
    def statement(self) -> Iterator[Connection]:
        """A connection on which each statement is a transaction of its own: for one that says all."""
        with _explained(self.url), self._pooled() as conn:
            yield conn

    def query(self, sql: str, params: Params = None) -> list[dict[str, Any]]:
        """All rows of one statement, which is its own transaction; [] for a statement that returns none."""
        with self.statement() as conn:
            # psycopg's types ask for a literal, to keep values out of the text; bytes are its way to say "trust me".
            cursor = conn.execute(sql.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def connect(self, application_name: str) -> Connection:
        """A connection of its own, in autocommit: for session locks and for LISTEN. The caller closes it."""
        with _explained(self.url):
            return psycopg.Connection[DictRow].connect(
                _conninfo(self.url, application_name), autocommit=True, row_factory=dict_row
            )

    @contextlib.contextmanager
    def session(self, application_name: str) -> Iterator[Connection]:
        """A connection as `connect` makes it, kept for whoever wants one next; one that failed is not."""
        conn = self._kept_session(application_name) or self.connect(application_name)
        try:
            yield conn
        except BaseException:
            conn.close()
            raise
        self._sessions.append(conn)

    def _kept_session(self, application_name: str) -> Connection | None:
        while self._sessions:
            conn = self._sessions.pop()
            try:
                conn.execute("SELECT set_config('application_name', %s, false)", [application_name])
            except psycopg.OperationalError:
                conn.close()
            else:
                return conn
        return None

    def close(self) -> None:
        """Close all connections. Again is fine."""
        self._pool.close()
        while self._sessions:
            self._sessions.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Database({display_name(self.url)})"


@contextlib.contextmanager
def connect_once(url: str, application_name: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit, for one look without a pool; errors are those of `Database`."""
    with _explained(url), psycopg.connect(_conninfo(url, application_name), autocommit=True) as conn:
        yield conn


def database_url(settings: DatabaseSettings) -> str:
    """URL of the product's database; the embedded server is started when none is named."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    server = EmbeddedServer(settings.javis_home, pg_bin=settings.javis_pg_bin)
    server.start()
    return server.url()


def upgrade(settings: DatabaseSettings, tables: Tables) -> list[str]:
    """Bring the configured database's schema up to date; ids of the revisions that were applied."""
    url = database_url(settings)
    with connect_once(url, "javis db migrate") as conn:
        _check_server(conn, url)
        applied = migrate(url, tables)
        keep_from_others(conn, _beside(conn))  # it may be older than the roles
    return applied


def dagster_url(settings: DatabaseSettings) -> str:
    """URL of Dagster's database, in the form that SQLAlchemy takes for psycopg2.

    When none is named it is a database beside the product's, on the same server; it is made when it is missing.
    """
    if settings.dagster_postgres_url is not None:
        url = settings.dagster_postgres_url.get_secret_value()
        url_parts(url, setting="DAGSTER_POSTGRES_URL")
    elif settings.database_url is not None:
        url = _database_beside(settings.database_url.get_secret_value())
    else:
        server = EmbeddedServer(settings.javis_home, pg_bin=settings.javis_pg_bin)
        server.start()
        url = server.url(DAGSTER_DATABASE)
    # Only who uses Dagster needs it, and it takes its time.
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    # With a plain `postgresql://` SQLAlchemy from 2.1 on takes psycopg 3, with which dagster-postgres fails.
    url = url.replace("postgresql://", "postgresql+psycopg2://", 1)
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        # SQLAlchemy takes fewer forms than libpq, and quotes what it does not take.
        raise SettingError(
            "DAGSTER_POSTGRES_URL (or DATABASE_URL, where that is not set) should name one host, as in "
            "postgresql://user:password@host:5432/javis_dagster"
        ) from None
    return url


def _database_beside(url: str) -> str:
    """URL of the database `<name>_dagster` on the server of database `<name>`."""
    with connect_once(url, "javis") as conn:
        name = _beside(conn)
        if conn.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            try:
                conn.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
            except psycopg.errors.InsufficientPrivilege as error:
                raise DatabaseError(
                    f"{display_name(url)}: the role may not create Dagster's database; have an administrator run: "
                    f"createdb {name}, or set DAGSTER_POSTGRES_URL"
                ) from error
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                pass  # another process has just made it
        keep_from_others(conn, name)
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _beside(conn: psycopg.Connection[Any]) -> str:
    """Name of Dagster's database beside the connection's."""
    return f"{conn.info.dbname}_dagster"


def display_name(url: str) -> str:
    """The database in words, for messages: without user and password."""
    given = url_parts(url)
    port = given.get("port") or 5432
    return f"database {given.get('dbname') or given.get('user')} on {given.get('host') or 'this machine'}:{port}"


def url_parts(url: str, *, setting: str = "DATABASE_URL") -> dict[str, Any]:
    """Parts of the URL, by libpq's names.

    Raises:
        SettingError: It is none. Also where the password is not escaped: an at sign, a slash or a question mark in it
            would put the rest of it into other parts, and so into messages. The error names the setting, and nothing
            of the value.
    """
    try:
        given: dict[str, Any] = dict(conninfo_to_dict(url))
    except (psycopg.Error, ValueError):
        given = {"port": "unreadable"}
    shown = "".join(str(value) for name, value in given.items() if name not in ("user", "password"))
    numbers = f"{given.get('port') or ''},{given.get('connect_timeout') or ''}"
    if not re.fullmatch(r"[0-9,]*", numbers) or "@" in shown:
        raise SettingError(
            f"{setting} is not a PostgreSQL URL; it should look like postgresql://user:password@host:5432/javis, "
            "with special characters in the password written as %XX"
        )
    return given


def _conninfo(url: str, application_name: str) -> str:
    given = url_parts(url)
    given["options"] = f"{given.get('options') or ''} {_SPELLINGS}".strip()
    given["application_name"] = application_name
    given.setdefault("connect_timeout", _CONNECT_SECONDS)
    return make_conninfo("", **given)


def _configure(conn: psycopg.Connection[Any]) -> None:
    """A login may have another default, and with it transactions that have to be repeated."""
    conn.isolation_level = IsolationLevel.READ_COMMITTED


def _check_server(conn: psycopg.Connection[Any], url: str) -> None:
    where = display_name(url)
    version = conn.info.server_version // 10_000
    if version < OLDEST_SERVER:
        raise DatabaseError(
            f"the server of {where} is PostgreSQL {version}; {OLDEST_SERVER} or newer is needed: upgrade it, "
            "or unset DATABASE_URL to use the embedded one"
        )
    row = conn.execute("SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'").fetchone()
    in_recovery, read_only = row or (False, False)
    if in_recovery or read_only:
        why = "a standby" if in_recovery else "read-only"
        raise DatabaseError(f"{where} is {why}; set DATABASE_URL to the primary, with a role that may write")
    _check_texts_and_names(conn, where)


def _check_texts_and_names(conn: psycopg.Connection[Any], where: str) -> None:
    """DatabaseError where not every text can be kept, or where the names of our tables would lead to other ones."""
    row = conn.execute("SELECT current_setting('server_encoding'), current_schema(), current_user").fetchone()
    encoding, schema, role = row or ("", "", "")
    if encoding != "UTF8":
        raise DatabaseError(
            f"{where} keeps texts as {encoding}, in which not every text of Jira can be written; make one that can "
            "(createdb --encoding=UTF8 --template=template0), and set DATABASE_URL to it"
        )
    if schema != "public":
        raise DatabaseError(
            f"{where}: our tables are in the schema public, and {role} looks for tables in {schema or 'none'} first; "
            f'have an administrator run: ALTER ROLE "{role}" IN DATABASE "{conn.info.dbname}" SET search_path = public'
        )


@contextlib.contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turns what the server or the network refuses into a DatabaseError with the remedy.

    Errors of a statement (constraints, types, deadlocks) pass unchanged: they are the caller's to handle.
    """
    where = display_name(url)
    try:
        yield
    except (psycopg.errors.DiskFull, psycopg.errors.OutOfMemory) as error:
        raise DatabaseError(f"{where}: the server has no space left ({_first_line(error)}); free some") from error
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise DatabaseError(f"{where} is read-only; set DATABASE_URL to the primary, writable database") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseError(
            f"{where}: {_first_line(error)}; grant the role in DATABASE_URL javis_sync, or run as the tables' owner"
        ) from error
    except psycopg.errors.LockNotAvailable as error:
        raise DatabaseBusy(
            f"{where}: another session holds a row or a table that is to be written, and did not let go in time; "
            "pg_stat_activity shows it, and pg_terminate_backend ends it"
        ) from error
    except (psycopg.errors.TooManyConnections, psycopg.errors.InvalidPassword) as error:
        raise DatabaseError(f"{where}: {_first_line(error)}") from error
    except PoolTimeout as error:
        raise DatabaseError(
            f"{where}: all {_MAX_CONNECTIONS} connections stayed in use for {_CONNECT_SECONDS} s"
        ) from error
    except psycopg.OperationalError as error:
        # Statements fail with an SQLSTATE; a connection that cannot be made or breaks has none.
        if error.sqlstate is not None and not error.sqlstate.startswith(("08", "28", "3D", "57P")):
            raise
        raise DatabaseError(
            f"{where} cannot be reached: {_first_line(error)}; check DATABASE_URL and that the server is up"
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
