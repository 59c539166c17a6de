"""The Database: transactions, and what a person is told when the server is not as it must be."""

import socket
import threading

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from javis_pipeline.db.connection import Database, dagster_url, database_url, display_name, upgrade
from javis_pipeline.db.embedded import EmbeddedServer
from javis_pipeline.db.locks import hold_scope
from javis_pipeline.db.migrate import migrate
from javis_pipeline.errors import DatabaseError, SettingError
from javis_pipeline.wiring import TABLES
from javis_pipeline_tests.sites import made_settings


@pytest.fixture
def numbers(database):
    """A database with an empty table `numbers(n)`."""
    database.query("CREATE TABLE numbers (n integer)")
    return database


def test_given_a_statement_when_queried_then_rows_are_dicts_and_instants_are_utc(database):
    rows = database.query("SELECT %(n)s + 1 AS n, timestamptz '2026-01-01 00:00+02' AS at", {"n": 1})

    assert [row["n"] for row in rows] == [2]
    assert rows[0]["at"].isoformat() == "2025-12-31T22:00:00+00:00"


def test_given_a_statement_without_rows_when_queried_then_the_answer_is_empty_and_it_is_done(numbers):
    assert numbers.query("INSERT INTO numbers VALUES (1)") == []
    assert numbers.query("SELECT n FROM numbers") == [{"n": 1}]


def test_given_an_exception_when_it_leaves_a_transaction_then_nothing_was_written(numbers):
    def write_and_fail():
        with numbers.transaction() as conn:
            conn.execute("INSERT INTO numbers VALUES (1)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    assert numbers.query("SELECT n FROM numbers") == []


def test_given_an_origin_when_the_transaction_ends_then_the_connection_forgets_it(database):
    marks = "SELECT current_setting('javis.origin', true) AS origin, current_setting('application_name') AS name"

    with database.transaction(origin="sync", application_name="run 7") as conn:
        inside = conn.execute(marks).fetchone()

    assert inside == {"origin": "sync", "name": "run 7"}
    assert [(row["origin"] or None, row["name"]) for row in database.query(marks)] == [(None, "javis")]


def test_given_many_threads_when_they_query_then_all_are_served(database):
    seen: list[int] = []
    query = "SELECT 1 AS n, pg_sleep(0.01)"
    threads = [
        threading.Thread(target=lambda: seen.extend(row["n"] for row in database.query(query))) for _ in range(12)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [1] * 12


def test_given_a_connection_that_broke_when_queried_again_then_it_is_replaced(database):
    database.query("SELECT 1")
    with psycopg.connect(database.url, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid, 60_000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    assert database.query("SELECT 1 AS n") == [{"n": 1}]


def test_given_a_closed_port_when_opened_then_the_error_names_the_database_and_not_the_password():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgresql://ann:hunter2@127.0.0.1:{unused.getsockname()[1]}/javis"

        with pytest.raises(
            DatabaseError, match=r"database javis on 127.0.0.1:\d+ cannot be reached: .* check"
        ) as error:
            Database(url)

    assert "hunter2" not in str(error.value)
    assert "\n" not in str(error.value)


def test_given_a_wrong_password_when_opened_then_the_error_says_so(server_url):
    with pytest.raises(DatabaseError, match="password authentication failed") as error:
        Database(make_conninfo(server_url, user="nobody", password="hunter2"))

    assert "hunter2" not in str(error.value)


def test_given_a_database_that_does_not_exist_when_opened_then_the_error_names_it(database_url):
    with pytest.raises(DatabaseError, match='database "not_there" does not exist'):
        Database(make_conninfo(database_url, dbname="not_there"))


def test_given_a_read_only_database_when_opened_then_the_error_says_so(database_url, server_url):
    name = conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    with pytest.raises(DatabaseError, match="is read-only; set DATABASE_URL to the primary"):
        Database(database_url)


def test_given_a_role_without_rights_when_it_writes_then_the_error_says_what_to_grant(database):
    with pytest.raises(DatabaseError, match="permission denied for table jira_issues; grant"):
        database.query("SET LOCAL ROLE javis_read; DELETE FROM jira_issues")


def test_given_a_violated_constraint_when_it_is_raised_then_it_is_psycopgs_own(numbers):
    with pytest.raises(psycopg.errors.UniqueViolation):
        numbers.query("CREATE UNIQUE INDEX ON numbers (n); INSERT INTO numbers VALUES (1), (1)")


@pytest.mark.parametrize("url", ["postgresql://ann:pass/word@host/javis", "postgresql://ann:p@ss@host/db", "nonsense"])
def test_given_an_address_with_a_badly_written_password_when_named_then_none_of_it_is_shown(url):
    with pytest.raises(SettingError, match="special characters in the password written as %XX"):
        display_name(url)


def test_given_no_database_url_when_opened_then_the_embedded_server_is_used(tmp_path):
    settings = made_settings(javis_home=tmp_path)
    try:
        with Database.open(settings, TABLES) as database:
            assert database.query("SELECT count(*) AS n FROM jira_issues") == [{"n": 0}]
        assert database_url(settings) == database.url
        assert dagster_url(settings).startswith("postgresql+psycopg2://javis:")
        assert "/javis_dagster" in dagster_url(settings)
    finally:
        EmbeddedServer(tmp_path).stop()


def test_given_only_a_database_url_when_dagsters_is_asked_for_then_it_is_made_beside(database_url, server_url):
    settings = made_settings(database_url=database_url)
    name = conninfo_to_dict(database_url)["dbname"]
    try:
        first, second = dagster_url(settings), dagster_url(settings)

        assert first == second
        assert conninfo_to_dict(first.replace("+psycopg2", ""))["dbname"] == f"{name}_dagster"
        with psycopg.connect(first.replace("+psycopg2", "")) as conn:
            assert conn.info.dbname == f"{name}_dagster"
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {name}_dagster")


def test_given_dagsters_database_then_readers_and_applications_do_not_get_in(database_url, server_url, make_login):
    settings = made_settings(database_url=database_url)
    name = f"{conninfo_to_dict(database_url)['dbname']}_dagster"
    try:
        dagster_url(settings)

        for role in ("javis_read", "javis_app"):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(make_conninfo(make_login(role), dbname=name))
        psycopg.connect(make_conninfo(make_login("javis_sync"), dbname=name)).close()
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {name}")


def test_given_dagsters_database_is_older_than_the_roles_when_migrated_then_the_sync_gets_in(
    database_url, server_url, make_login
):
    settings = made_settings(database_url=database_url)
    name = f"{conninfo_to_dict(database_url)['dbname']}_dagster"
    try:
        dagster_url(settings)
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute(f"REVOKE CONNECT ON DATABASE {name} FROM javis_sync")

        upgrade(settings, TABLES)

        psycopg.connect(make_conninfo(make_login("javis_sync"), dbname=name)).close()
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {name}")


def test_given_a_role_that_may_not_create_when_dagsters_is_asked_for_then_the_error_says_the_ways_out(sync_login):
    settings = made_settings(database_url=sync_login)

    with pytest.raises(DatabaseError, match=r"createdb javis_test_\w+_dagster, or set DAGSTER_POSTGRES_URL"):
        dagster_url(settings)


def test_given_database_urls_when_asked_for_then_they_are_used_as_they_are():
    settings = made_settings(database_url="postgres://u:p@h/d", dagster_postgres_url="postgresql://u:p@h/dagster")

    assert database_url(settings) == "postgresql://u:p@h/d"
    assert dagster_url(settings) == "postgresql+psycopg2://u:p@h/dagster"


def test_given_a_server_that_went_away_when_queried_then_the_error_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr("javis_pipeline.db.connection._CONNECT_SECONDS", 1)
    server = EmbeddedServer(tmp_path)
    server.start()
    migrate(server.url(), TABLES)
    with Database(server.url()) as database:
        database.query("SELECT 1")
        server.stop()

        with pytest.raises(DatabaseError, match=r"database javis on 127.0.0.1:\d+ cannot be reached: .*refused"):
            database.query("SELECT 1")


@pytest.fixture
def sync_login(make_login):
    """URL of the private database for a login that has the rights of javis_sync and no others."""
    return make_login("javis_sync")


def test_given_only_the_rights_of_the_sync_when_opened_then_they_suffice(sync_login):
    settings = made_settings(database_url=sync_login)

    with (
        Database.open(settings, TABLES) as database,
        hold_scope(database, "jira", "OQC") as lock,
        database.transaction() as conn,
    ):
        conn.execute("CREATE TEMPORARY TABLE fetched (LIKE jira_issues) ON COMMIT DROP")
        conn.execute("DELETE FROM sync_runs")
        lock.check()


def test_given_a_transaction_of_the_sync_then_no_time_goes_into_compiling_its_statements(database):
    with database.transaction(origin="sync") as conn:
        (row,) = conn.execute("SELECT current_setting('jit') AS jit").fetchall()

    assert row["jit"] == "off"


def test_given_a_database_that_cannot_keep_every_text_when_opened_then_the_error_says_how_to_make_one(server_url):
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        try:
            with pytest.raises(DatabaseError, match=r"keeps texts as LATIN1, .*\(createdb --encoding=UTF8"):
                Database(make_conninfo(server_url, dbname="latin"))
        finally:
            admin.execute("DROP DATABASE latin")


def test_given_a_login_that_looks_elsewhere_first_when_opened_then_no_table_of_that_name_is_taken_for_ours(
    database_url, server_url, make_login
):
    name = conninfo_to_dict(database_url)["dbname"]
    login = make_login("javis_sync")
    user = conninfo_to_dict(login)["user"]
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA crm; CREATE TABLE crm.users (name text); GRANT USAGE ON SCHEMA crm TO {user}")
        admin.execute(f"ALTER ROLE {user} IN DATABASE {name} SET search_path = crm, public")

    with pytest.raises(DatabaseError, match=rf'in crm first; .* ALTER ROLE "{user}" IN DATABASE "{name}" SET search'):
        Database(login)


def test_given_a_database_with_customs_of_its_own_when_opened_then_values_are_read_and_written_alike(database_url):
    name = conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(database_url, autocommit=True) as admin:
        for setting in (
            "datestyle = German",
            "intervalstyle = sql_standard",
            "standard_conforming_strings = off",
            "default_transaction_isolation = serializable",
        ):
            admin.execute(f"ALTER DATABASE {name} SET {setting}")

    with Database(database_url) as database:
        (row,) = database.query(
            r"SELECT timestamptz '2026-12-24 18:00Z' AS at, interval '90 min' AS took, '\d' AS pattern,"
            " current_setting('transaction_isolation') AS isolation"
        )

    assert row["at"].isoformat() == "2026-12-24T18:00:00+00:00"
    assert (row["took"].total_seconds(), row["pattern"], row["isolation"]) == (5400, r"\d", "read committed")
