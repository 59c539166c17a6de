"""Migrations: from nothing to today's schema, once, whoever comes at the same time."""

import threading

import psycopg
import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.migrate import current_revision, known_revisions, migrate
from javis_pipeline.errors import DatabaseError
from javis_pipeline.wiring import TABLES
from javis_pipeline_tests.schema import SCHEMA_FILE, dump_schema


def test_given_an_empty_database_when_migrated_twice_then_the_second_time_does_nothing(empty_database_url):
    first, second = migrate(empty_database_url, TABLES), migrate(empty_database_url, TABLES)

    assert first == known_revisions()
    assert second == []
    with psycopg.connect(empty_database_url) as conn:
        assert current_revision(conn) == known_revisions()[-1]


def test_given_two_at_the_same_time_when_they_migrate_then_each_revision_is_applied_once(empty_database_url):
    applied: list[list[str]] = []
    both = [threading.Thread(target=lambda: applied.append(migrate(empty_database_url, TABLES))) for _ in range(2)]

    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert sorted(applied) == [[], known_revisions()]


def test_given_a_database_of_a_newer_program_when_used_then_it_is_refused_and_left_alone(database_url):
    with psycopg.connect(database_url) as conn:
        conn.execute("UPDATE javis_schema_version SET version_num = '9999'")

    for use in (lambda url: migrate(url, TABLES), Database):
        with pytest.raises(DatabaseError, match=r"revision 9999, .* install the newer program"):
            use(database_url)


def test_given_a_database_without_schema_when_opened_by_its_address_then_the_error_says_what_to_run(empty_database_url):
    with pytest.raises(DatabaseError, match=r"schema is at nothing, .* javis db migrate"):
        Database(empty_database_url)


def test_given_a_revision_that_fails_when_migrated_then_nothing_of_it_is_left(empty_database_url):
    with psycopg.connect(empty_database_url) as conn:
        # The first revision makes a table of this name, after other things.
        conn.execute("CREATE TABLE confluence_pages ()")

    with pytest.raises(psycopg.errors.DuplicateTable):
        migrate(empty_database_url, TABLES)

    with psycopg.connect(empty_database_url) as conn:
        assert current_revision(conn) is None
        assert conn.execute("SELECT to_regclass('jira_issues'), to_regtype('outbox_state')").fetchone() == (None, None)


def test_schema_sql_is_what_the_migrations_make(database_url):
    with psycopg.connect(database_url) as conn:
        if conn.info.server_version // 10_000 != 18:
            pytest.skip("pg_dump writes the same schema differently for other servers")

    assert dump_schema(database_url) == SCHEMA_FILE.read_text(encoding="utf-8"), "run: make schema"
