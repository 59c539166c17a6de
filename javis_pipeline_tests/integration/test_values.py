"""What an application may write: refused by the column's name is what the remotes, JSON or Python cannot hold."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline_tests.integration.test_triggers import ISSUE

ISSUE_TEXTS = ("title", "description", "status", "priority", "assignee_id", "parent_key")


@pytest.fixture
def app(database: Database, make_login: Callable[..., str]) -> Iterator[psycopg.Connection[Any]]:
    """A connection of an application, to an issue, a page and a vision."""
    with database.transaction(origin="sync") as conn:
        conn.execute(
            "INSERT INTO jira_issues (jira_id, key, project_key, title, labels) VALUES (%s, %s, %s, %s, %s)",
            [ISSUE[name] for name in ("jira_id", "key", "project_key", "title", "labels")],
        )
        conn.execute(
            "INSERT INTO confluence_pages (page_id, space_key, space_id, title) VALUES ('7', 'OPS', '1', 'Plan')"
        )
        conn.execute("INSERT INTO roadmap_visions (title) VALUES ('Fast')")
    with psycopg.connect(make_login("javis_app"), autocommit=True) as conn:
        yield conn


HUGE = "repeat('x', 300000)"
NOT_A_NUMBER = (
    "1e400", "-1e400", "'NaN'", "'Infinity'", "'-Infinity'", "('1' || repeat('0', 5000))::numeric", "1e5000",
    "('0.' || repeat('3', 5001))::numeric",
)  # fmt: skip
NOT_A_DAY = ("'infinity'", "'-infinity'", "'0044-03-15 BC'", "'10000-01-01'", "'5874897-12-31'")
NOT_AN_INSTANT = ("'infinity'", "'-infinity'", "'294276-12-31'", "'4713-01-01 BC'", "NULL")
NOT_A_SET = (
    "'{{a,b},{c,d}}'", "'{{a}}'", "'{a,NULL}'", "ARRAY[NULL::text]", "NULL", "array_fill('x'::text, '{1001}')",
    "ARRAY[repeat('x', 21000000)]",
)  # fmt: skip
REFUSED = {
    ("jira_issues", "story_points"): NOT_A_NUMBER,
    ("jira_issues", "due_date"): NOT_A_DAY,
    ("jira_issues", "labels"): NOT_A_SET,
    **{("jira_issues", name): ["repeat('x', 262145)"] for name in ISSUE_TEXTS},
    ("confluence_pages", "labels"): NOT_A_SET,
    **{("confluence_pages", name): ["repeat('x', 20971521)"] for name in ("title", "body_storage", "parent_id")},
    ("roadmap_visions", "horizon"): NOT_A_DAY,
    ("roadmap_visions", "created_at"): NOT_AN_INSTANT,
    ("roadmap_visions", "epic_keys"): NOT_A_SET,
    **{("roadmap_visions", name): ["repeat('x', 262145)"] for name in ("title", "description", "owner_id")},
}


def test_given_a_value_that_the_other_side_cannot_hold_then_it_is_refused_by_the_columns_name(
    app: psycopg.Connection[Any],
) -> None:
    for (table, column), values in REFUSED.items():
        for value in values:
            with pytest.raises(psycopg.errors.CheckViolation, match=rf"^javis: {column} (must|cannot)") as refused:
                app.execute(f"UPDATE {table} SET {column} = {value}".encode())

            assert (refused.value.diag.table_name, refused.value.diag.column_name) == (table, column)
            assert "Nothing was written" in (refused.value.diag.message_hint or "")
    assert app.execute("SELECT count(*) FROM local_edits").fetchall() == [(0,)]


REFUSED_TEXTS = [
    ("jira_issues", "title", "repeat('x', 300)",
     "title of OPS-1 must have at most 255 characters, and has 300", "Shorten"),
    ("jira_issues", "title", "E'one\\ntwo'", "title of OPS-1 must be one line", "Take the line breaks out"),
    ("jira_issues", "title", "' '", "title of OPS-1 must not be empty", "Give it a text"),
    ("jira_issues", "title", "NULL", "title of OPS-1 must not be empty", "Give it a text"),
    ("jira_issues", "description", "repeat('x', 32768)", "description of OPS-1 must have at most 32767", "Shorten it"),
    ("jira_issues", "parent_key", "'OPS-1'", "parent_key of OPS-1 cannot be that record itself", "Name another"),
    ("confluence_pages", "title", "repeat('x', 300)", "title of 7 must have at most 255 characters", "Shorten it"),
    ("confluence_pages", "parent_id", "'7'", "parent_id of 7 cannot be that record itself", "Name another"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "column", "value", "says", "remedy"), REFUSED_TEXTS)
def test_given_a_text_that_its_system_never_takes_then_it_is_refused_where_it_is_written(
    app: psycopg.Connection[Any], table: str, column: str, value: str, says: str, remedy: str
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=f"^javis: {says}") as refused:
        app.execute(f"UPDATE {table} SET {column} = {value}".encode())

    assert refused.value.diag.column_name == column
    assert f"Nothing was written. {remedy}" in (refused.value.diag.message_hint or "")


def test_given_a_long_text_that_came_from_there_then_the_rest_of_its_row_is_edited_all_the_same(
    app: psycopg.Connection[Any], database: Database
) -> None:
    with database.transaction(origin="sync") as conn:
        conn.execute("UPDATE jira_issues SET title = repeat('x', 300), description = repeat('x', 40000)")

    app.execute("UPDATE jira_issues SET title = title, description = description, labels = '{kept}'")

    assert app.execute("SELECT field FROM local_edits").fetchall() == [("labels",)]


def test_given_a_title_that_another_page_of_the_space_has_then_an_edit_is_refused_with_its_name(
    app: psycopg.Connection[Any], database: Database
) -> None:
    with database.transaction(origin="sync") as conn:
        conn.execute(
            "INSERT INTO confluence_pages (page_id, space_key, space_id, title, status)"
            " VALUES ('8', 'OPS', '1', 'Goals', 'current'), ('9', 'WEB', '2', 'Elsewhere', 'current'),"
            " ('10', 'OPS', '1', 'Away', 'trashed')"
        )
    with pytest.raises(psycopg.errors.UniqueViolation, match="8 has this title already in OPS") as refused:
        app.execute("UPDATE confluence_pages SET title = 'GOALS' WHERE page_id = '7'")

    assert refused.value.diag.message_hint == "Nothing was written. Choose another title."
    for title in ("PLAN", "Elsewhere", "Away"):
        app.execute("UPDATE confluence_pages SET title = %s WHERE page_id = '7'", [title])


AT_THE_EDGE = [
    ("story_points", "1.7e308"),
    ("story_points", "-0.5"),
    ("story_points", "1/3.0"),
    ("story_points", "NULL"),
    ("due_date", "'0001-01-01'"),
    ("due_date", "'9999-12-31'"),
    ("due_date", "NULL"),
    ("labels", "'{}'"),
    ("labels", "'[5:6]={b,a}'"),
    ("labels", "'{NULLS,\"NULL\"}'"),
    ("title", "E'\\x01 \\u2028 \\U0001F600'"),
    ("title", "repeat('é', 255)"),
    ("description", "repeat('x', 32767)"),
    ("assignee_id", "'ann'"),
    ("assignee_id", "NULL"),
]


def test_given_a_value_at_the_edge_then_it_is_an_edit(app: psycopg.Connection[Any]) -> None:
    for column, value in AT_THE_EDGE:
        app.execute(f"UPDATE jira_issues SET {column} = {value}".encode())

    edited = app.execute("SELECT field FROM local_edits ORDER BY id").fetchall()
    assert [field for (field,) in edited] == [column for column, _ in AT_THE_EDGE]


def test_given_a_document_that_is_no_object_of_what_others_can_hold_then_the_owner_is_refused_too(
    app: psycopg.Connection[Any], database: Database
) -> None:
    long = "1" + "0" * 5000
    for value in (
        "null",
        "[]",
        '["a"]',
        "1",
        '"a"',
        '{"a": 1e400}',
        '{"a": [{"b": -1e400}]}',
        f'{{"a": {long}}}',
        None,
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match=r"^javis: custom_fields (must|cannot)"):
            database.query("UPDATE jira_issues SET custom_fields = %s::jsonb", [value])


def test_given_a_row_that_holds_such_a_value_already_when_another_column_is_edited_then_that_goes(
    app: psycopg.Connection[Any], database: Database
) -> None:
    with database.transaction(origin="sync") as conn:
        conn.execute("UPDATE jira_issues SET story_points = 1e400")

    app.execute("UPDATE jira_issues SET title = 'better'")

    assert app.execute("SELECT field FROM local_edits").fetchall() == [("title",)]


def test_given_texts_that_no_database_text_can_hold_then_the_server_refuses_them(app: psycopg.Connection[Any]) -> None:
    for statement in (
        "UPDATE jira_issues SET title = E'half \\ud800'",
        "UPDATE jira_issues SET title = U&'half \\D800'",
        "UPDATE jira_issues SET title = chr(0)",
        "UPDATE jira_issues SET title = E'nul \\x00'",
        "UPDATE jira_issues SET title = convert_from('\\xff', 'UTF8')",
        """UPDATE jira_issues SET title = '{"a": "\\u0000"}'::jsonb ->> 'a'""",
    ):
        with pytest.raises(psycopg.Error):
            app.execute(statement.encode())

    assert app.execute("SELECT count(*) FROM local_edits").fetchall() == [(0,)]


def test_given_a_function_of_an_applications_own_that_shadows_ours_then_the_check_does_not_use_it(
    app: psycopg.Connection[Any], database: Database, make_login: Callable[..., str]
) -> None:
    with database.transaction() as conn:
        conn.execute(f"CREATE SCHEMA theirs AUTHORIZATION {app.info.user}".encode())
    app.execute("CREATE FUNCTION theirs.jsonb_typeof(jsonb) RETURNS text LANGUAGE sql RETURN 'number'")
    app.execute("CREATE FUNCTION theirs.abs(numeric) RETURNS numeric LANGUAGE sql RETURN 0")
    app.execute("SET search_path = theirs, pg_catalog, public")

    with pytest.raises(psycopg.errors.CheckViolation, match="story_points"):
        app.execute("UPDATE public.jira_issues SET story_points = 'NaN'")
