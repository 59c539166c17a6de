"""A database of the first release, with work in flight, goes over to today's schema without loss."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

import javis_pipeline.db.migrations.versions as revisions
from javis_pipeline.db.connection import Database
from javis_pipeline.db.migrate import known_revisions, migrate
from javis_pipeline.db.pages import restrict_pages
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.db.watermarks import read_watermark
from javis_pipeline.wiring import TABLES

KEPT = (
    "jira_issues", "confluence_pages", "comments", "worklogs", "sync_outbox", "sync_conflicts", "sync_conflict_values",
    "local_edits", "sync_audit", "sync_quarantine", "sync_watermarks", "roadmap_visions", "work_contexts",
)  # fmt: skip

ROWS = """
    SELECT set_config('javis.origin', 'sync', false);
    INSERT INTO jira_issues (jira_id, key, project_key, title, status, labels, story_points, last_synced_at)
    SELECT n::text, 'OQC-' || n, 'OQC', 'Issue ' || n, 'To Do', '{lab}', n, now() FROM generate_series(1, 6) AS n;
    INSERT INTO confluence_pages (page_id, space_key, space_id, title, last_synced_at)
    VALUES ('7', 'OQC', '1', 'Plan', now());
    INSERT INTO comments (jira_id, comment_id, body) VALUES ('1', '11', 'Done?');
    INSERT INTO worklogs (jira_id, worklog_id, seconds) VALUES ('1', '12', 60);
    INSERT INTO sync_watermarks (system, scope, account_id, watermark, last_full_at)
    VALUES ('jira', 'OQC', 'a', now(), now()), ('confluence', 'OQC', 'a', now(), now());
    INSERT INTO sync_quarantine VALUES ('jira', 'OQC', '9', NULL, '{"fields": {}}', 'no title', now(), now());
    INSERT INTO work_contexts (project_key, as_of, context_hash, context) VALUES ('OQC', now(), 'h', '{}');
    UPDATE jira_issues AS r SET content_hash = jira_issue_content_hash(r);
    UPDATE confluence_pages AS r SET content_hash = confluence_page_content_hash(r);
    SELECT set_config('javis.origin', '', false);
    SET session_replication_role = replica;
    UPDATE jira_issues SET title = 'Changed behind the trigger''s back' WHERE jira_id = '6';
    RESET session_replication_role;
    UPDATE jira_issues SET title = 'Edited' WHERE jira_id = '1';
    UPDATE jira_issues SET story_points = 1e400 WHERE jira_id = '2';
    UPDATE jira_issues SET due_date = 'infinity' WHERE jira_id = '3';
    UPDATE jira_issues SET labels = '{b,a}' WHERE jira_id = '4';
    DELETE FROM jira_issues WHERE jira_id = '5';
    UPDATE confluence_pages SET title = 'Edited';
    INSERT INTO roadmap_visions (title, horizon) VALUES ('Fast', 'infinity');
    INSERT INTO sync_outbox (op_id, resource_type, resource_id, scope, kind, fields, desired, local_seq, state,
                             created_at, sent_at)
    VALUES (gen_random_uuid(), 'jira_issue', '1', 'OQC', 'update', '{title}', '{"title": "Edited"}', 1, 'sent',
            now(), now()),
           (gen_random_uuid(), 'jira_issue', '4', 'OQC', 'update', '{labels}', '{}', 1, 'planned', now(), NULL);
    INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, local_value, remote_value,
                                created_at)
    VALUES ('7f3a0000-0000-4000-8000-000000000000', 'jira_issue', '4', 'OQC', 'title', 'both_changed', '"a"', '"b"',
            now());
    INSERT INTO sync_conflict_values (conflict_id, side, value, seen_at)
    SELECT id, 'local', '"a"', now() FROM sync_conflicts;
    INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, old, new, reason, actor, at)
    VALUES ('r', 'local', 'jira_issue', '1', 'title', '"x"', '"y"', 'pulled', 'jira', now()),
           ('r', 'local', 'confluence_page', '7', 'title', '"x"', '"Plan"', 'pulled', 'confluence', now());
"""


@pytest.fixture
def of_the_first_release(empty_database_url: str) -> str:
    first = Path(revisions.__path__[0]) / "0001_initial.sql"
    with psycopg.connect(empty_database_url) as conn:
        conn.execute("CREATE TABLE javis_schema_version (version_num varchar(32) PRIMARY KEY)")
        conn.execute(first.read_bytes())
        conn.execute("INSERT INTO javis_schema_version VALUES ('0001')")
        conn.execute(ROWS.encode())
    return empty_database_url


def contents(url: str) -> dict[str, list[dict[str, Any]]]:
    with psycopg.connect(url, row_factory=dict_row) as conn:
        return {
            table: [
                json.loads(row["row"])
                for row in conn.execute(f"SELECT to_jsonb(t)::text AS row FROM {table} AS t".encode())
            ]
            for table in KEPT
        }


def test_given_edits_conflicts_and_writes_in_flight_when_migrated_then_nothing_is_lost(
    of_the_first_release: str,
) -> None:
    before = contents(of_the_first_release)
    before["sync_watermarks"][0]["last_full_at"] = None  # Jira is read again: it was stored without marks

    applied = migrate(of_the_first_release, TABLES)

    after = contents(of_the_first_release)
    assert applied == known_revisions()[1:]
    for table, rows in before.items():
        columns = rows[0].keys() - {"content_hash"}  # made of other fields, or spelled otherwise, by each release
        kept = [{name: row[name] for name in columns} for row in after[table]]
        before_it = [{name: row[name] for name in columns} for row in rows]
        assert sorted(kept, key=str) == sorted(before_it, key=str), table


def test_given_such_a_database_when_read_then_all_that_waits_still_waits(of_the_first_release: str) -> None:
    migrate(of_the_first_release, TABLES)

    with Database(of_the_first_release) as db:
        store = PostgresStore(db, TABLES["jira_issue"], "OQC")
        waiting = [ref.key for ref in store.to_decide()]
        sent, planned = store.operations("sent"), store.operations("planned")
        state = store.state(sent[0].ref)
        with db.transaction() as conn:
            watermark = read_watermark(conn, "jira", "OQC")

    assert waiting == ["OQC-1", "OQC-2", "OQC-3", "OQC-4"]
    assert [op.desired for op in sent] == [{"title": "Edited"}]
    assert len(planned) == 1
    assert state.local is not None
    assert (state.local.bases, state.local.unmarked) == ({"title": "Issue 1"}, False)
    assert watermark.watermark is not None
    assert watermark.watermark < datetime.now(UTC)


def test_given_such_a_database_then_hashes_tell_what_was_changed_unseen_and_each_record_has_its_name(
    of_the_first_release: str,
) -> None:
    migrate(of_the_first_release, TABLES)

    with Database(of_the_first_release) as db:
        unseen = {name: PostgresStore(db, table, "OQC").unmarked() for name, table in TABLES.items()}
        records = db.query("SELECT kind, system, scope, key, title, record_id FROM records ORDER BY key")

    assert {name: [ref.key for ref in refs] for name, refs in unseen.items()} == {
        **{name: [] for name in TABLES},
        "jira_issue": ["OQC-6"],
    }
    assert sorted((row["kind"], row["key"]) for row in records) == [
        ("confluence_page", "7"),
        ("jira_comment", "OQC-1#11"),
        *(("jira_issue", f"OQC-{number}") for number in range(1, 7)),
        ("jira_worklog", "OQC-1#worklog-12"),
    ]
    assert len({row["record_id"] for row in records}) == len(records)


@pytest.mark.parametrize("book", ["sync_outbox", "sync_conflicts", "sync_audit", "local_edits"])
def test_given_such_a_database_then_what_was_written_down_names_its_record(
    of_the_first_release: str, book: str
) -> None:
    migrate(of_the_first_release, TABLES)

    with psycopg.connect(of_the_first_release) as conn:
        rows = conn.execute(
            f"SELECT r.record_id = b.record_id FROM {book} AS b LEFT JOIN records AS r"
            " ON r.kind = b.resource_type::text AND r.resource_id = b.resource_id".encode()
        ).fetchall()
    assert rows
    assert all(row == (True,) for row in rows)


def test_given_such_a_database_when_edited_after_the_migration_then_the_first_base_stays(
    of_the_first_release: str,
) -> None:
    migrate(of_the_first_release, TABLES)

    with Database(of_the_first_release) as db:
        db.query("UPDATE jira_issues SET title = 'Edited again', story_points = 5 WHERE jira_id IN ('1', '2')")
        rows = db.query(
            "SELECT local_modified_fields AS bases FROM jira_issues WHERE jira_id IN ('1', '2') ORDER BY jira_id"
        )

    assert [row["bases"] for row in rows] == [
        {"title": "Issue 1", "story_points": 1},
        {"title": "Issue 2", "story_points": 2},
    ]


BOOKS = ("confluence_pages", "local_edits", "sync_audit", "work_contexts")


def rows_of_pages(db: Database) -> dict[str, int]:
    """What a reader sees of pages, and all contexts."""
    of_pages = {"confluence_pages": "true", "work_contexts": "true"}
    with db.transaction() as conn:
        conn.execute("SET LOCAL ROLE javis_read")
        seen = {}
        for book in BOOKS:
            where = of_pages.get(book, "resource_type = 'confluence_page'")
            seen[book] = len(conn.execute(f"SELECT FROM {book} WHERE {where}".encode()).fetchall())
        return seen


@pytest.mark.parametrize(("readers", "seen"), [(None, 1), ("group:Board", 0)])
def test_given_pages_from_before_then_they_and_their_books_are_hidden_until_it_is_read_who_may_read_them(
    of_the_first_release: str, readers: str | None, seen: int
) -> None:
    migrate(of_the_first_release, TABLES)

    with Database(of_the_first_release) as db:
        before = rows_of_pages(db)
        with db.transaction(origin="sync") as conn:
            restrict_pages(conn, "OQC", {"7": readers})
        after = rows_of_pages(db)

    assert before == dict.fromkeys(BOOKS, 0)
    assert after == {**dict.fromkeys(BOOKS, seen), "work_contexts": 0}
