"""What the database does with tables of records is made from the kinds that are declared, whenever they change."""

import json
from dataclasses import replace

import psycopg
import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.migrate import migrate
from javis_pipeline.errors import DatabaseError
from javis_pipeline.records.tables import Table, Tables
from javis_pipeline.wiring import TABLES

ISSUES = TABLES["jira_issue"]
OF_ALL = "SELECT content_hash = jira_issue_base_hash(i) AS is_marked FROM jira_issues AS i ORDER BY jira_id"


def declared(table: Table) -> Tables:
    return {**TABLES, table.kind: table}


def with_two_way(name: str) -> Tables:
    """The kinds, with a field of issues edited on both sides that only the remote changed so far."""
    columns = [replace(column, is_edited=column.is_edited or column.name == name) for column in ISSUES.columns]
    return declared(replace(ISSUES, columns=tuple(columns)))


@pytest.fixture
def filled(database: Database) -> Database:
    with database.transaction(origin="sync") as conn:
        conn.execute(
            "INSERT INTO jira_issues (jira_id, key, project_key, title, components, last_synced_at)"
            " SELECT n::text, 'OPS-' || n, 'OPS', 'Issue ' || n, '{lab}', now() FROM generate_series(1, 4) AS n"
        )
        conn.execute("UPDATE jira_issues AS i SET content_hash = jira_issue_content_hash(i)")
        conn.execute("UPDATE jira_issues SET content_hash = NULL WHERE jira_id = '4'")
    database.query("UPDATE jira_issues SET title = 'Edited' WHERE jira_id = '2'")
    with database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("UPDATE jira_issues SET title = 'Unseen' WHERE jira_id = '3'")
    return database


def test_given_the_same_declaration_then_nothing_is_made_again(database: Database) -> None:
    before = database.query("SELECT oid, xmin::text AS made FROM pg_trigger ORDER BY oid")

    migrate(database.url, TABLES)

    assert database.query("SELECT oid, xmin::text AS made FROM pg_trigger ORDER BY oid") == before


def test_given_one_more_two_way_field_then_applications_edit_it_and_the_trigger_the_hash_and_the_set_know_it(
    filled: Database,
) -> None:
    seqs = filled.query("SELECT jira_id, local_seq FROM jira_issues ORDER BY jira_id")

    migrate(filled.url, with_two_way("components"))

    assert [row["is_marked"] for row in filled.query(OF_ALL)] == [True, True, False, None], "hashes are carried over"
    assert filled.query("SELECT jira_id, local_seq FROM jira_issues ORDER BY jira_id") == seqs
    assert len(filled.query("SELECT id FROM local_edits")) == 1
    with filled.transaction() as conn:
        conn.execute("SET LOCAL ROLE javis_app")
        conn.execute("UPDATE jira_issues SET components = '{web,api,web}' WHERE jira_id = '1'")
    (row,) = filled.query("SELECT components, local_modified_fields AS bases FROM jira_issues WHERE jira_id = '1'")
    assert row == {"components": ["api", "web"], "bases": {"components": ["lab"]}}


def test_an_edit_of_an_element_is_no_change_behind_the_back_and_another_spelling_is_no_edit(filled: Database) -> None:
    held = {"customfield_1": 2.5, "customfield_2": "Acme"}
    with filled.transaction(origin="sync") as conn:
        conn.execute(
            "INSERT INTO jira_fields (field_id, name, type, sort, policy, first_seen_at, last_seen_at)"
            " SELECT 'customfield_' || n, 'Field ' || n, 'x', 'other', 'two_way', now(), now()"
            " FROM generate_series(1, 3) AS n"
        )
        conn.execute("UPDATE jira_issues SET custom_fields = %s::jsonb WHERE jira_id = '1'", [json.dumps(held)])
        conn.execute("UPDATE jira_issues AS i SET content_hash = jira_issue_content_hash(i) WHERE jira_id = '1'")
    (before,) = filled.query("SELECT to_jsonb(i) AS doc FROM jira_issues AS i WHERE jira_id = '1'")

    other_spelling = """ '{"customfield_1": 2.50}'::jsonb"""
    filled.query(f"UPDATE jira_issues SET custom_fields = custom_fields || {other_spelling} WHERE jira_id = '1'")

    assert filled.query("SELECT to_jsonb(i) AS doc FROM jira_issues AS i WHERE jira_id = '1'") == [before]
    edit = """ '{"customfield_1": 3, "customfield_2": null, "customfield_3": ["a"]}'::jsonb"""
    filled.query(f"UPDATE jira_issues SET custom_fields = custom_fields || {edit}, title = 'x' WHERE jira_id = '1'")
    assert [row["is_marked"] for row in filled.query(OF_ALL)] == [True, True, False, None]
    with filled.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("UPDATE jira_issues SET custom_fields = '{}' WHERE jira_id = '2'")
        conn.execute("""UPDATE jira_issues SET custom_fields = '{"customfield_9": 1}' WHERE jira_id = '1'""")
    assert [row["is_marked"] for row in filled.query(OF_ALL)] == [False, True, False, None]


def test_given_a_field_that_is_edited_here_no_more_then_its_grant_and_its_trigger_are_gone(filled: Database) -> None:
    columns = [replace(column, is_edited=column.is_edited and column.name != "due_date") for column in ISSUES.columns]

    migrate(filled.url, declared(replace(ISSUES, columns=tuple(columns))))

    assert [row["is_marked"] for row in filled.query(OF_ALL)] == [True, True, False, None]
    assert filled.query("SELECT tgname FROM pg_trigger WHERE tgname = 'try_again_due_date'") == []
    (may,) = filled.query("SELECT has_column_privilege('javis_app', 'jira_issues', 'due_date', 'UPDATE') AS it")
    assert not may["it"]


def test_given_a_kind_whose_table_no_migration_makes_then_the_error_names_it_and_nothing_is_changed(
    filled: Database,
) -> None:
    links = replace(ISSUES, kind="link", place=replace(ISSUES.place, name="remote_links"))

    with pytest.raises(psycopg.Error, match="remote_links"):
        migrate(filled.url, {**TABLES, "link": links})

    assert migrate(filled.url, TABLES) == []
    assert [row["is_marked"] for row in filled.query(OF_ALL)] == [True, True, False, None]


def test_given_a_trigger_of_another_kind_then_it_refuses(filled: Database) -> None:
    with filled.transaction() as conn:
        conn.execute("DROP TRIGGER track_local_edit ON jira_issues")
        conn.execute(
            "CREATE TRIGGER track_local_edit BEFORE UPDATE ON jira_issues FOR EACH ROW"
            " EXECUTE FUNCTION"
            " javis_track_local_edit('confluence_page', 'jira', 'project_key', 'jira_id', '', 'title', '')"
        )

    with pytest.raises(DatabaseError, match="keeps no journal"):
        filled.query("UPDATE jira_issues SET title = 'x' WHERE jira_id = '1'")


# Names of records -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["sync", None])
def test_a_record_keeps_its_name_whoever_writes_and_whatever_becomes_of_it(
    filled: Database, origin: str | None
) -> None:
    (before,) = filled.query("SELECT record_id FROM records WHERE key = 'OPS-1'")

    with pytest.raises(psycopg.errors.RestrictViolation, match="record_id of jira_issues cannot be changed"):
        change(filled, "UPDATE jira_issues SET record_id = gen_random_uuid()", origin)
    change(filled, "UPDATE jira_issues SET key = 'WEB-1', project_key = 'WEB' WHERE jira_id = '1'", "sync")
    filled.query("DELETE FROM jira_issues WHERE jira_id = '1'")

    assert filled.query("SELECT key, record_id FROM records WHERE local_deleted_at IS NOT NULL") == [
        {"key": "WEB-1", **before}
    ]


def test_what_is_written_down_of_a_record_names_it_by_what_no_move_and_no_deletion_changes(filled: Database) -> None:
    (named,) = filled.query("SELECT record_id FROM records WHERE key = 'OPS-2'")
    change(filled, "UPDATE jira_issues SET key = 'WEB-7', project_key = 'WEB' WHERE jira_id = '2'", "sync")
    for book, columns, values in (
        ("sync_audit", "run_id, side, field, reason, actor, at", "'r', 'local', 'title', 'pulled', 'jira', now()"),
        ("sync_conflicts", "id, scope, field_name, kind, created_at", "gen_random_uuid(), 'WEB', 'title', 'k', now()"),
        ("sync_outbox", "op_id, scope, kind, fields, local_seq, created_at",
         "gen_random_uuid(), 'WEB', 'edit', '{title}', 1, now()"),
    ):  # fmt: skip
        statement = f"INSERT INTO {book} (resource_type, resource_id, {columns}) VALUES ('jira_issue', '2', {values})"
        change(filled, statement, "sync")
    filled.query("DELETE FROM jira_issues WHERE jira_id = '2'")

    for book in ("local_edits", "sync_audit", "sync_conflicts", "sync_outbox"):
        found = filled.query(f"SELECT DISTINCT record_id FROM {book}")
        assert found == [named], book


def test_a_key_that_a_record_had_leads_to_the_one_it_has(filled: Database) -> None:
    change(filled, "UPDATE jira_issues SET key = 'WEB-1', project_key = 'WEB' WHERE jira_id = '1'", "sync")
    change(filled, "INSERT INTO key_aliases VALUES ('1', 'OPS-1', now(), now()), ('1', 'OPS-2', now(), now())", "sync")

    asked = ("WEB-1", "OPS-1", "OPS-2", "OPS-9")
    keys = [filled.query("SELECT javis_key(%(key)s) AS key", {"key": key})[0]["key"] for key in asked]

    assert keys == ["WEB-1", "WEB-1", "OPS-2", None], "a key that a record has now is that record's"


def change(database: Database, statement: str, origin: str | None) -> None:
    with database.transaction(origin=origin) as conn:
        conn.execute(statement.encode())


def test_given_a_restricted_issue_then_the_view_shows_it_to_nobody_who_may_not_read_it(filled: Database) -> None:
    change(filled, "UPDATE jira_issues SET security_level = 'Board' WHERE jira_id = '1'", "sync")

    def seen_by(role: str) -> list[str]:
        with filled.transaction() as conn:
            conn.execute(f"SET LOCAL ROLE {role}".encode())
            return [row["key"] for row in conn.execute("SELECT key FROM records WHERE is_restricted OR key = 'OPS-2'")]

    assert seen_by("javis_read") == ["OPS-2"]
    assert sorted(seen_by("javis_app")) == ["OPS-1", "OPS-2"]


def test_given_one_statement_that_changes_who_may_read_many_pages_then_the_books_follow_each_of_them(
    database: Database,
) -> None:
    ids = {"1": (None, "user:ann"), "2": ("user:ann", None), "3": ("not read yet", None), "4": (None, None)}
    with database.transaction(origin="sync") as conn:
        for page_id, (before, _) in ids.items():
            conn.execute(
                "INSERT INTO confluence_pages (page_id, space_key, space_id, title, restriction, version_number)"
                " VALUES (%s, 'ENG', '1', %s, %s, 1)",
                [page_id, f"Page {page_id}", before],
            )
            conn.execute(
                "INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, reason, actor, at)"
                " VALUES ('r', 'local', 'confluence_page', %s, 'title', 'pulled', 'confluence', now())",
                [page_id],
            )
        conn.execute(
            "UPDATE confluence_pages AS p SET restriction = c.now FROM unnest(%s::text[], %s::text[]) AS c (id, now)"
            " WHERE p.page_id = c.id",
            [list(ids), [after for _, after in ids.values()]],
        )

    told = database.query("SELECT resource_id, restricted FROM sync_audit ORDER BY 1")
    assert {row["resource_id"]: row["restricted"] for row in told} == {"1": True, "2": True, "3": False, "4": False}
