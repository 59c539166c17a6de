"""The checks: what waits for a person in any project is seen, whichever project a run was about."""

from collections.abc import Callable

import dagster as dg
import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.checks import counts_agree_with_jira, no_open_conflicts, no_rejected_page_pushes
from javis_pipeline.settings import Settings

SITE = "https://acme.atlassian.net"


def checked(check: Callable[..., object], db: Database) -> dg.AssetCheckResult:
    """The check as a run of any project evaluates it, where OQC, EUV and a space are synced."""
    settings = Settings(jira_url=SITE, jira_projects=("OQC", "EUV"), confluence_spaces="HANDBOOK:HB")
    result = check(settings=settings, db=db)
    assert isinstance(result, dg.AssetCheckResult)
    return result


def text(result: dg.AssetCheckResult, name: str) -> str:
    value = result.metadata[name].value
    assert isinstance(value, str)
    return value


@pytest.fixture
def waiting(database: Database) -> Database:
    """A conflict in a project and one in a space, an edit that a space does not take, a count that does not agree."""
    with database.transaction(origin="sync") as conn:
        conn.execute("INSERT INTO jira_issues (key, jira_id, project_key, title) VALUES ('EUV-1', '10', 'EUV', 'one')")
        conn.execute(
            """INSERT INTO confluence_pages (page_id, space_key, space_id, title, sync_errors)
               VALUES ('20', 'HB', '1', 'How we work', '{"labels": "not taken"}')"""
        )
        conn.execute(
            """INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, created_at)
               VALUES (gen_random_uuid(), 'jira_issue', '10', 'EUV', 'title', 'both_changed', '2026-03-02 12:00Z'),
                      (gen_random_uuid(), 'confluence_page', '20', 'HB', 'title', 'first_contact', '2026-03-02 13:00Z'),
                      (gen_random_uuid(), 'jira_issue', '99', 'OLD', 'title', 'both_changed', '2026-03-02 14:00Z')"""
        )
        conn.execute(
            """INSERT INTO sync_runs (run_id, system, scope, step, started_at, finished_at, outcome, counts)
               VALUES ('a', 'jira', 'OQC', 'pull', now(), now(), 'done', '{"agrees": true}'),
                      ('b', 'jira', 'EUV', 'pull', now(), now(), 'done', %s)""",
            ['{"agrees": false, "completeness": "1 of 2"}'],
        )
    return database


def test_open_conflicts_of_all_projects_are_named_and_lead_to_the_records(waiting: Database) -> None:
    result = checked(no_open_conflicts, waiting)

    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert result.description == "2 conflicts: EUV-1 title, 20 title"
    table = text(result, "conflicts")
    assert f"[EUV-1]({SITE}/browse/EUV-1) | title | both changed" in table
    assert f"[How we work]({SITE}/wiki/spaces/HB/pages/20) | title | first contact" in table


def test_an_edit_that_is_not_taken_is_named_with_the_reason(waiting: Database) -> None:
    result = checked(no_rejected_page_pushes, waiting)

    assert (result.passed, result.description) == (False, "1 edit: 20 labels")
    assert "| How we work | 20 | labels | not taken |" in text(result, "edits")


def test_projects_that_do_not_agree_are_told_from_those_that_do(waiting: Database) -> None:
    result = checked(counts_agree_with_jira, waiting)

    assert (result.passed, result.description) == (False, "1 project: EUV")
    assert "| EUV | 0 | 1 of 2 |" in text(result, "projects")
    assert "| OQC |" in text(result, "projects")


@pytest.mark.parametrize("check", [no_open_conflicts, no_rejected_page_pushes, counts_agree_with_jira])
def test_given_nothing_waits_then_a_check_passes_without_words(
    check: Callable[..., object], database: Database
) -> None:
    result = checked(check, database)

    assert (result.passed, result.description) == (True, None)
