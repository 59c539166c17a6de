"""Which conflicts and errors are listed for whom."""

import json
from uuid import UUID

import pytest
from click.testing import CliRunner

from javis_pipeline.cli import main
from javis_pipeline.db.conflicts import list_conflicts, list_errors, outline_conflicts, outline_errors
from javis_pipeline.db.connection import Database
from javis_pipeline.posts.conflicts import CONFLICTS_SHOWN
from javis_pipeline.records.values import ScopeRef, scopes_of
from javis_pipeline.steps.notify import open_conflicts

PROJECT, SPACE = ScopeRef("jira", "ENG"), ScopeRef("confluence", "ENG")
OF_ISSUE, OF_PAGE = UUID(int=1), UUID(int=2)


@pytest.fixture
def twins(database: Database) -> Database:
    """A project and a space of the same key, each with one conflict and one edit that cannot be sent."""
    with database.transaction(origin="sync") as conn:
        conn.execute(
            """INSERT INTO jira_issues (key, jira_id, project_key, title, sync_errors)
               VALUES ('ENG-1', '10', 'ENG', 'issue', '{"title": "too long"}')"""
        )
        conn.execute(
            """INSERT INTO confluence_pages (page_id, space_key, space_id, title, restriction, sync_errors)
               VALUES ('20', 'ENG', '1', 'page', NULL, '{"labels": "not taken"}')"""
        )
        conn.execute(
            """INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, created_at)
               VALUES (%s, 'jira_issue', '10', 'ENG', 'title', 'both_changed', '2026-03-02 12:00Z'),
                      (%s, 'confluence_page', '20', 'ENG', 'title', 'both_changed', '2026-03-02 12:01Z')""",
            [OF_ISSUE, OF_PAGE],
        )
    return database


@pytest.mark.parametrize(
    ("scopes", "conflicts", "errors"),
    [
        pytest.param(None, [OF_ISSUE, OF_PAGE], ["ENG-1", "20"], id="all"),
        pytest.param([PROJECT], [OF_ISSUE], ["ENG-1"], id="project"),
        pytest.param([SPACE], [OF_PAGE], ["20"], id="space"),
        pytest.param(scopes_of("ENG", ["ENG"]), [OF_ISSUE, OF_PAGE], ["ENG-1", "20"], id="both"),
        pytest.param(scopes_of("OPS", ["OPS"]), [], [], id="neither"),
        pytest.param([], [], [], id="nothing"),
    ],
)
def test_a_project_and_a_space_of_one_key_are_told_apart(
    twins: Database, scopes: list[ScopeRef] | None, conflicts: list[UUID], errors: list[str]
) -> None:
    assert [row["id"] for row in list_conflicts(twins, scopes)] == conflicts
    assert [row["key"] for row in list_errors(twins, scopes)] == errors
    assert [row["key"] for row in outline_errors(twins, scopes)] == errors


def test_given_many_conflicts_then_a_digest_names_all_and_holds_the_values_of_those_that_it_shows(
    database: Database,
) -> None:
    database.query(
        """INSERT INTO sync_conflicts
               (id, resource_type, resource_id, scope, field_name, kind, local_value, remote_value, details, created_at)
           SELECT gen_random_uuid(), 'jira_issue', n, 'ENG', 'title', 'both_changed', to_jsonb('here ' || n),
                  to_jsonb('there ' || n), '{"remote_author": "ann", "words": "of theirs"}', now() + n * interval '1 s'
             FROM generate_series(1, 40) AS n RETURNING id"""
    )

    shown = open_conflicts(database, [PROJECT], quoted=CONFLICTS_SHOWN)
    rows = list_conflicts(database, [PROJECT], quoted=CONFLICTS_SHOWN)
    (one,) = open_conflicts(database, [PROJECT], only=shown[30].conflict_id)

    assert [each.resource_id for each in shown] == [str(n + 1) for n in range(40)]
    assert [each.local for each in shown] == [f"here {n + 1}" if n < CONFLICTS_SHOWN else None for n in range(40)]
    assert [each.remote for each in shown if each.remote] == [f"there {n + 1}" for n in range(CONFLICTS_SHOWN)]
    assert [len(row["details"]) for row in rows] == [2 if n < CONFLICTS_SHOWN else 1 for n in range(40)]
    assert (one.local, one.remote) == ("here 31", "there 31")


def test_given_many_conflicts_then_two_screens_are_shown_and_how_many_more_there_are(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.query(
        """INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, local_value, created_at)
           SELECT gen_random_uuid(), 'jira_issue', n, 'ENG', 'title', 'both_changed', to_jsonb(repeat('word ', 6000)),
                  now()
             FROM generate_series(1, 70) AS n RETURNING id"""
    )
    monkeypatch.setenv("DATABASE_URL", database_url)

    shown = CliRunner().invoke(main, ["conflicts", "list"])
    three = CliRunner().invoke(main, ["conflicts", "list", "--limit", "3", "--json"])

    assert "and 20 more: --limit shows more of them" in shown.output
    assert shown.output.count("both changed") == 50
    assert len(json.loads(three.output)) == 3
    assert len(outline_conflicts(database)) == 70


def test_given_many_errors_then_two_screens_are_shown_and_how_many_more_there_are(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction(origin="sync") as conn:
        conn.execute(
            """INSERT INTO jira_issues (key, jira_id, project_key, title, sync_errors)
               SELECT 'ENG-' || n, n, 'ENG', 'issue', '{"title": "too long"}' FROM generate_series(1, 70) AS n"""
        )
    monkeypatch.setenv("DATABASE_URL", database_url)

    shown = CliRunner().invoke(main, ["conflicts", "list", "--errors"])
    all_of_them = CliRunner().invoke(main, ["conflicts", "list", "--errors", "--limit", "70"])

    assert shown.output.count("too long") == 50
    assert "and 20 more: --limit shows more of them" in shown.output
    assert all_of_them.output.count("too long") == 70
    assert "more" not in all_of_them.output
