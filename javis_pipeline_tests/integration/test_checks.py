"""The checks: each project has a result of its own, so that one cannot hide what waits in another."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import dagster as dg
import pytest
import time_machine

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.checks import REJECTED, counts_agree_with_jira, no_open_conflicts
from javis_pipeline.defs.freshness import judge, pulled_lately_watch
from javis_pipeline.settings import Settings

SITE = "https://acme.atlassian.net"


SETTINGS = Settings(jira_url=SITE, jira_projects=("OQC", "EUV"), confluence_spaces="HANDBOOK:HB")


def checked(check: dg.AssetChecksDefinition, db: Database, project: str) -> dg.AssetCheckResult:
    """The check as a run of the project evaluates it, where OQC, EUV and a space are synced."""
    context = SimpleNamespace(partition_key=project)
    result = check.op.compute_fn.decorated_fn(context=context, settings=SETTINGS, db=db)
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


def test_open_conflicts_of_the_project_are_named_and_lead_to_the_records(waiting: Database) -> None:
    issue, page = (checked(no_open_conflicts, waiting, project) for project in ("EUV", "HANDBOOK"))

    assert (issue.passed, issue.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (issue.description, page.description) == ("1 conflict: EUV-1 title", "1 conflict: 20 title")
    assert f"[EUV-1]({SITE}/browse/EUV-1) | title | both changed" in text(issue, "conflicts")
    assert f"[How we work]({SITE}/wiki/spaces/HB/pages/20) | title | first contact" in text(page, "conflicts")
    assert checked(no_open_conflicts, waiting, "OQC").passed


def test_an_edit_that_is_not_taken_is_named_with_the_reason(waiting: Database) -> None:
    result = checked(REJECTED["confluence"], waiting, "HANDBOOK")

    assert (result.passed, result.description) == (False, "1 edit: 20 labels")
    assert "| How we work | 20 | labels | not taken |" in text(result, "edits")


def test_projects_that_do_not_agree_are_told_from_those_that_do(waiting: Database) -> None:
    bad, good = (checked(counts_agree_with_jira, waiting, project) for project in ("EUV", "OQC"))

    assert (bad.passed, bad.description, good.passed) == (False, "1 project: EUV", True)
    assert "| EUV | 0 | 1 of 2 |" in text(bad, "projects")
    assert "| OQC |" in text(good, "projects")


@pytest.mark.parametrize("check", [no_open_conflicts, REJECTED["confluence"], counts_agree_with_jira])
def test_given_nothing_waits_then_a_check_passes_without_words(
    check: dg.AssetChecksDefinition, database: Database
) -> None:
    result = checked(check, database, "OQC")

    assert (result.passed, result.description) == (True, None)


# --- pulled lately ---

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def pulled(database: Database) -> Database:
    """OQC was pulled a quarter of an hour ago, EUV two hours ago (its last run failed), the space two days ago."""
    rows = [
        ("a", "jira", "OQC", NOW - timedelta(minutes=15), "done"),
        ("b", "jira", "EUV", NOW - timedelta(hours=2), "done"),
        ("c", "jira", "EUV", NOW - timedelta(minutes=5), "failed"),
        ("d", "confluence", "HB", NOW - timedelta(days=2), "done"),
    ]
    with database.transaction(origin="sync") as conn:
        for run_id, system, scope, at, outcome in rows:
            conn.execute(
                """INSERT INTO sync_runs (run_id, system, scope, step, started_at, finished_at, outcome)
                   VALUES (%s, %s, %s, 'pull', %s, %s, %s)""",
                [run_id, system, scope, at, at, outcome],
            )
    return database


@pytest.mark.parametrize(
    ("project", "system", "passed", "severity", "said"),
    [
        ("OQC", "jira", True, "ERROR", None),
        ("EUV", "jira", False, "WARN", "EUV was pulled 2 h ago"),
        ("HANDBOOK", "confluence", False, "ERROR", "HB was pulled 2 days ago"),
        ("HANDBOOK", "jira", True, "ERROR", "no Jira side"),
        ("OQC", "confluence", True, "ERROR", "no Confluence side"),
    ],
)
def test_each_project_was_pulled_lately_or_not(pulled, project, system, passed, severity, said) -> None:
    result = judge(project, system, pulled, SETTINGS, NOW)

    assert (result.passed, result.severity.value) == (passed, severity)
    assert (result.description or "").startswith(said or "")


def test_a_project_that_was_never_pulled_is_an_error(database: Database) -> None:
    result = judge("OQC", "jira", database, SETTINGS, NOW)

    assert (result.passed, result.description.split(".")[0]) == (False, "never pulled: OQC")


def test_the_watch_tells_what_is_new_and_what_is_still_late_with_the_last_word(pulled: Database) -> None:
    def look(cursor: str | None) -> dg.SensorResult:
        context = dg.build_sensor_context(cursor=cursor, resources={"settings": SETTINGS, "db": pulled})
        return pulled_lately_watch(context)

    with time_machine.travel(NOW, tick=False):
        first = look(None)
        second = look(first.cursor)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        later = look(second.cursor)

    told = {(event.asset_key.to_user_string(), event.partition): event.passed for event in first.asset_events}
    assert told[("jira_issues", "OQC")] is True
    assert told[("jira_issues", "EUV")] is False
    assert told[("confluence_pages", "HANDBOOK")] is False
    assert second.asset_events == []
    # What is late is told again: since then runs of other projects may have had the last word.
    assert {(event.partition, event.passed) for event in later.asset_events} == {
        ("OQC", False),
        ("EUV", False),
        ("HANDBOOK", False),
    }
    passed = [event.passed for event in first.asset_events]
    assert passed == sorted(passed, reverse=True)
