"""A real, private PostgreSQL database for every test that asks for one, and how many random cases a law is tried on.

The server is `DATABASE_URL`'s when the environment names one (its role must be allowed to create databases), else an
embedded one that lives as long as the test session. A test's database is a copy of a migrated template.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.embedded import EmbeddedServer
from javis_pipeline.db.migrate import migrate
from javis_pipeline.settings import Settings
from javis_pipeline.wiring import TABLES

# The same few cases each time by default, many new ones with `make laws`. A busy machine is no counterexample.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.register_profile("laws", max_examples=5_000, deadline=None, print_blob=True)
hypothesis.settings.load_profile("repeatable")

_GIVEN_SERVER = os.environ.get("DATABASE_URL")
_SERVER_BYTES = 2 << 30  # for each worker; some 300 MB are used
_numbers = itertools.count(1)


def pytest_xdist_auto_num_workers() -> int:
    """More than there are cores, because many tests wait for programs, a browser or a clock."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that may take long come first: of several workers none is left alone with one in the end."""
    items.sort(key=lambda item: -_allowed_seconds(item))


def _allowed_seconds(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else 0


@pytest.fixture(scope="session", autouse=True)
def no_real_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hides the developer's settings, so that no test reaches a real account; the home folder is a temporary one."""
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
        patch.setenv("JAVIS_ENV_FILE", os.devnull)
        patch.setenv("JAVIS_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server where the tests may create databases."""
    if _GIVEN_SERVER:
        yield _GIVEN_SERVER
        return
    with _folder_in_memory(tmp_path_factory) as folder:
        # What a crash would lose is worth nothing here; the write-ahead log must not fill the memory.
        options = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "128MB", "max_connections": "200"}
        server = EmbeddedServer(folder, options=options)
        server.start()
        try:
            yield _quick_to_log_in(server.url("postgres"))
        finally:
            server.stop()


@contextmanager
def _folder_in_memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where thousands of databases are copied soonest; an ordinary folder where there is little shared memory."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < _SERVER_BYTES:
        yield tmp_path_factory.mktemp("server")
        return
    with tempfile.TemporaryDirectory(prefix="javis-server-", dir=memory) as folder:
        yield Path(folder)


def _quick_to_log_in(url: str) -> str:
    """The same, with a password whose check is not slow on purpose: the tests log in thousands of times."""
    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as admin:
        if admin.info.server_version < 160000:
            return url
        admin.execute("SET scram_iterations = 1")
        change = sql.SQL("ALTER ROLE {} PASSWORD {}")
        admin.execute(change.format(sql.Identifier(parts.username or ""), sql.Literal(parts.password)))
    return url


@pytest.fixture(scope="session")
def template_database(server_url: str) -> Iterator[str]:
    """Name of a database with the product's schema that nobody is connected to."""
    name = f"javis_template_{os.getpid()}"
    _administer(server_url, "CREATE DATABASE {}", name)
    try:
        migrate(_with_database(server_url, name), TABLES)
        yield name
    finally:
        _administer(server_url, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """URL of a private database without any schema."""
    yield from _private_database(server_url, "template1")


@pytest.fixture
def database_url(server_url: str, template_database: str) -> Iterator[str]:
    """URL of a private database with the product's schema."""
    yield from _private_database(server_url, template_database)


@pytest.fixture(scope="module")
def shared_database(server_url: str, template_database: str) -> Iterator[Database]:
    """A database with the product's schema for all tests of a module, which only look at what one story left there."""
    with contextmanager(_private_database)(server_url, template_database) as url, Database(url) as database:
        yield database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A private database with the product's schema."""
    with Database(database_url) as database:
        yield database


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    """A connection to the private database, not in autocommit."""
    with psycopg.connect(database_url, row_factory=dict_row, application_name="test") as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def other_conn(database_url: str) -> Iterator[Connection]:
    """A second session on the same database as `conn`."""
    with psycopg.connect(database_url, row_factory=dict_row, application_name="other test") as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def make_login(server_url: str, database_url: str) -> Iterator[Callable[..., str]]:
    """Makes a login that has only the given roles; gives the private database's URL for it."""
    made: list[str] = []

    def make(*roles: str, database: str = database_url) -> str:
        name = f"javis_login_{os.getpid()}_{next(_numbers)}"
        _administer(server_url, "CREATE ROLE {} LOGIN PASSWORD 'login'", name)
        made.append(name)
        for role in roles:
            _administer(server_url, "GRANT {} TO {}", role, name)
        parts = urlsplit(database)
        return parts._replace(netloc=f"{name}:login@{parts.netloc.rpartition('@')[2]}").geturl()

    yield make
    for name in made:
        _administer(database_url, "DROP OWNED BY {}", name)
        _administer(server_url, "DROP ROLE {}", name)


def _private_database(server_url: str, template: str) -> Iterator[str]:
    name = f"javis_test_{os.getpid()}_{next(_numbers)}"
    _administer(server_url, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
    try:
        yield _with_database(server_url, name)
    finally:
        _administer(server_url, "DROP DATABASE {} WITH (FORCE)", name)


def _administer(server_url: str, statement: str, *names: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _with_database(server_url: str, name: str) -> str:
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()
