"""The checks: each project has a result of its own, so that one cannot hide what waits in another."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import dagster as dg
import pytest
import time_machine

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.checks import AGREEMENT
from javis_pipeline.defs.freshness import pulled_lately_watch
from javis_pipeline.defs.slack import slack_post_is_current
from javis_pipeline.defs.verdicts import VERDICTS, evaluation, pulled_lately, report
from javis_pipeline.settings import Settings
from javis_pipeline_tests.sites import made_settings

SITE = "https://acme.atlassian.net"


SETTINGS = made_settings(jira_url=SITE, jira_projects=("OQC", "EUV"), confluence_spaces="HANDBOOK:HB")


def checked(
    check: dg.AssetChecksDefinition, db: Database, project: str, settings: Settings = SETTINGS
) -> dg.AssetCheckResult:
    """The check as a run of the project evaluates it; by itself where OQC, EUV and a space are synced."""
    context = SimpleNamespace(partition_key=project)
    compute: Any = check.op.compute_fn
    result = compute.decorated_fn(context=context, settings=settings, db=db)
    assert isinstance(result, dg.AssetCheckResult)
    return result


def test_what_is_not_synced_or_told_is_passed_and_says_why(database: Database) -> None:
    told, agreed = checked(slack_post_is_current, database, "OQC"), checked(AGREEMENT["jira"], database, "HANDBOOK")

    assert told.passed
    assert "SLACK_BOT_TOKEN" in str(told.description)
    assert agreed.passed


def judged(asset: str, name: str, db: Database, project: str) -> dg.AssetCheckResult:
    """The verdict that the step of the asset tells."""
    (verdict,) = (verdict for verdict in VERDICTS if (verdict.asset, verdict.name) == (asset, name))
    return verdict.judge(project, SETTINGS, db)


CONFLICTS = ("sync_conflicts", "no_open_conflicts")
REJECTED = ("confluence_writeback", "no_rejected_pushes")
COUNTS = ("jira_issues", "counts_agree_with_jira")


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
            """INSERT INTO confluence_pages (page_id, space_key, space_id, title, restriction, sync_errors)
               VALUES ('20', 'HB', '1', 'How we work', NULL, '{"labels": "not taken"}')"""
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
    issue, page = (judged(*CONFLICTS, waiting, project) for project in ("EUV", "HANDBOOK"))

    assert (issue.passed, issue.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (issue.description, page.description) == ("1 conflict: EUV-1 title", "1 conflict: 20 title")
    assert f"[EUV-1]({SITE}/browse/EUV-1) | title | both changed" in text(issue, "conflicts")
    assert f"[How we work]({SITE}/wiki/pages/viewpage.action?pageId=20) | title | first contact" in text(
        page, "conflicts"
    )
    assert judged(*CONFLICTS, waiting, "OQC").passed


def test_an_edit_that_is_not_taken_is_named_with_the_reason(waiting: Database) -> None:
    result = judged(*REJECTED, waiting, "HANDBOOK")

    assert (result.passed, result.description) == (False, "1 edit: 20 labels")
    assert "| How we work | 20 | labels | not taken |" in text(result, "edits")


def test_projects_that_do_not_agree_are_told_from_those_that_do(waiting: Database) -> None:
    bad, good = (judged(*COUNTS, waiting, project) for project in ("EUV", "OQC"))

    assert (bad.passed, bad.description, good.passed) == (False, "1 project: EUV", True)
    assert "| EUV | 0 | 1 of 2 |" in text(bad, "projects")
    assert "| OQC |" in text(good, "projects")


@pytest.mark.parametrize("check", [CONFLICTS, REJECTED, COUNTS])
def test_given_nothing_waits_then_a_check_passes_without_words(check: tuple[str, str], database: Database) -> None:
    result = judged(*check, database, "OQC")

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
    result = pulled_lately(system, project, SETTINGS, pulled, NOW)

    assert (result.passed, result.severity.value) == (passed, severity)
    assert (result.description or "").startswith(said or "")


def test_what_is_late_leads_to_the_run_that_should_have_pulled_it(pulled: Database) -> None:
    result = pulled_lately("jira", "EUV", SETTINGS, pulled, NOW)

    assert result.metadata == {"last_run": dg.MetadataValue.dagster_run("c")}


def test_a_project_that_was_never_pulled_is_an_error(database: Database) -> None:
    result = pulled_lately("jira", "OQC", SETTINGS, database, NOW)

    assert (result.passed, str(result.description).split(".")[0]) == (False, "never pulled: OQC")


def test_the_watch_tells_what_is_new_and_what_is_still_late_with_the_last_word(pulled: Database) -> None:
    with dg.DagsterInstance.local_temp() as instance:

        def look(cursor: str | None) -> tuple[str | None, list[tuple[str, str, bool]]]:
            """The cursor, and what was told at that look."""
            before = len(told(instance))
            resources = {"settings": SETTINGS, "db": pulled}
            context = dg.build_sensor_context(cursor=cursor, instance=instance, resources=resources)
            result = pulled_lately_watch(context)
            assert isinstance(result, dg.SensorResult)
            return result.cursor, told(instance)[before:]

        with time_machine.travel(NOW, tick=False):
            cursor, first = look(None)
            cursor, second = look(cursor)
        with time_machine.travel(NOW + timedelta(hours=1), tick=False):
            cursor, later = look(cursor)
            cursor, still = look(cursor)
            for verdict in VERDICTS:
                if verdict.name == "pulled_lately" and verdict.key.asset_key.to_user_string() == "jira_issues":
                    fine = evaluation(verdict, "HANDBOOK", SETTINGS, pulled)
                    report(instance, fine, run_id=str(uuid4()), job_name="sync")
            _, again = look(cursor)

    assert ("jira_issues", "OQC", True) in first
    assert {("jira_issues", "EUV", False), ("confluence_pages", "HANDBOOK", False)} <= set(first)
    assert [passed for _, _, passed in first] == sorted([passed for _, _, passed in first], reverse=True)
    assert second == []
    assert set(later) == {("jira_issues", "OQC", False)}
    assert still == []
    # A run of another project has had the last word since: what is late of that asset has it again.
    assert set(again) == {("jira_issues", "OQC", False), ("jira_issues", "EUV", False)}


def told(instance: dg.DagsterInstance) -> list[tuple[str, str, bool]]:
    """Asset, project and verdict of every evaluation in the instance, oldest first."""
    checks = [verdict.key for verdict in VERDICTS if verdict.name == "pulled_lately"]
    records = [
        record
        for check in checks
        for record in instance.event_log_storage.get_asset_check_execution_history(check, limit=99)
    ]
    found = []
    for record in sorted(records, key=lambda record: record.id):
        assert record.evaluation is not None
        asset, project = record.evaluation.asset_key.to_user_string(), str(record.evaluation.partition)
        found.append((asset, project, record.evaluation.passed))
    return found
