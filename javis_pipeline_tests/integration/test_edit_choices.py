"""`javis edit` and `conflicts resolve --value`: what people name is looked up in what the sync has seen."""

import json

import pytest
from click.testing import CliRunner, Result

from javis_pipeline.cli import main
from javis_pipeline.db.connection import Database

MARA, JURGEN = "712020:0bfdd4fd-aa1f-43bb-8efe-ca41d3793d71", "5b10ac8d82e05b22cc7d4ef5"


@pytest.fixture
def seen(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("DATABASE_URL", database_url)
    with database.transaction(origin="sync") as conn:
        conn.execute(
            "INSERT INTO users (account_id, display_name) VALUES (%s, 'Mara Lindqvist'), (%s, 'Jürgen Groß')",
            [MARA, JURGEN],
        )
        conn.execute("INSERT INTO statuses VALUES ('1', 'To Do', 'new'), ('3', 'Done', 'done'), ('4', 'Done', 'done')")
        conn.execute("INSERT INTO priorities VALUES ('1', 'Highest', 1), ('2', 'Low', 2)")
        conn.execute(
            """INSERT INTO jira_issues (key, jira_id, project_key, title, status, assignee_id)
               VALUES ('OQC-1', '1', 'OQC', 'one', 'To Do', %s), ('OQC-2', '2', 'OQC', 'two', 'To Do', NULL)""",
            [JURGEN],
        )
        conn.execute(
            "INSERT INTO confluence_pages (page_id, space_key, space_id, title) VALUES ('20', 'HB', '1', 'How we work')"
        )
    return database


def edit(key: str, assignment: str) -> Result:
    return CliRunner().invoke(main, ["edit", key, "--set", assignment])


@pytest.mark.parametrize(
    ("assignment", "stored"),
    [
        ("assignee_id=mara lindqvist", MARA),
        ("assignee_id=Jürgen Groß", JURGEN),
        (f"assignee_id={MARA}", MARA),
        ("assignee_id=", None),
        ("status=done", "Done"),
        ("priority=highest", "Highest"),
        ("parent_key=oqc-1", "OQC-1"),
        ("parent_key=ELSE-7", "ELSE-7"),
    ],
)
def test_what_is_known_is_stored_as_it_is_spelled_here(seen: Database, assignment: str, stored: str | None) -> None:
    done = edit("OQC-2", assignment)

    assert done.exit_code == 0, done.output
    column = assignment.partition("=")[0]
    assert [row[column] for row in seen.query("SELECT * FROM jira_issues WHERE key = 'OQC-2'")] == [stored]


@pytest.mark.parametrize(
    ("key", "assignment", "message"),
    [
        ("OQC-2", "assignee_id=Mara Lindquist", "nobody is called 'Mara Lindquist' here; did you mean Mara Lindqvist?"),
        ("OQC-2", "status=Dnoe", "there is no status 'Dnoe' here; did you mean Done?"),
        ("OQC-2", "priority=P0", "there is no priority 'P0' here; there are Highest, Low"),
        ("OQC-2", "parent_key=OQC-9", "there is no issue OQC-9 here; the nearest: OQC-"),
        ("OQC-2", "assignee=Mara", "nobody is called 'Mara' here; did you mean Mara Lindqvist?"),
        ("OQC-2", "asignee_id=Mara", "field asignee_id cannot be edited here; did you mean assignee_id?"),
        ("20", "parent_id=77", "there is no page 77 here; the id of a page is the number in its address"),
    ],
)
def test_what_is_not_known_is_refused_with_the_nearest(seen: Database, key: str, assignment: str, message: str) -> None:
    refused = edit(key, assignment)

    assert refused.exit_code == 2
    assert message in refused.output
    assert seen.query("SELECT count(*) AS edits FROM local_edits") == [{"edits": 0}]


def test_a_conflict_names_people_and_is_resolved_by_naming_one(seen: Database) -> None:
    edit("OQC-1", "assignee_id=Mara Lindqvist")
    with seen.transaction(origin="sync") as conn:
        conn.execute(
            """INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, created_at,
                                           base_value, local_value, remote_value)
               VALUES ('7f3a0000-0000-0000-0000-000000000000', 'jira_issue', '1', 'OQC', 'assignee_id', 'both_changed',
                       now(), %s, %s, NULL)""",
            [json.dumps(JURGEN), json.dumps(MARA)],
        )

    listed = CliRunner().invoke(main, ["conflicts"])
    shown = CliRunner().invoke(main, ["conflicts", "show", "7f3a"])
    as_json = CliRunner().invoke(main, ["conflicts", "show", "7f3a", "--json"])
    resolved = CliRunner().invoke(main, ["conflicts", "resolve", "7f3a", "--value", "jurgen gross"])

    for said in (listed, shown):
        assert "Mara Lindqvist" in said.output
        assert "Jürgen Groß" in said.output
        assert MARA not in said.output
    assert MARA in as_json.output
    assert resolved.exit_code == 0, resolved.output
    assert seen.query("SELECT assignee_id FROM jira_issues WHERE key = 'OQC-1'") == [{"assignee_id": JURGEN}]
