"""What a context is read from, and when it is kept."""

from datetime import timedelta

import pytest
from psycopg.rows import tuple_row

from javis_pipeline.context.frames import COLUMNS
from javis_pipeline.db import context as rows
from javis_pipeline.db.connection import Database
from javis_pipeline.errors import SettingError, UsageError
from javis_pipeline.steps.build_context import (
    ContextAggregator,
    ContextScope,
    build_context,
    check_project,
    last_context,
    read_context,
)
from javis_pipeline_tests.made_project import NOW, made_project, store_project

SCOPE = ContextScope("OQC")


@pytest.fixture
def project(database: Database) -> Database:
    with database.transaction(origin="sync") as conn:
        store_project(conn, made_project("OQC", issues=40, seed=2))
    return database


@pytest.mark.parametrize("table", rows.CONTEXT_TABLES)
def test_each_query_gives_the_columns_of_its_frame(project, table):
    with project.transaction() as conn, conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(
            rows._QUERIES[table], {"project_key": "OQC", "spaces": ["OQC"], "labels": ["blocks"], "since": NOW}
        )

        assert [column.name for column in cursor.description] == list(COLUMNS[table])


def test_every_frame_has_its_query():
    assert set(rows.CONTEXT_TABLES) == set(COLUMNS)


def test_given_nothing_changed_then_the_context_is_kept_once(project):
    first = build_context(project, SCOPE, now=NOW)
    again = build_context(project, SCOPE, now=NOW + timedelta(hours=3))

    assert (first.changed, again.changed) == (True, False)
    assert first.context_hash == again.context_hash
    assert project.query("SELECT count(*) AS kept FROM work_contexts") == [{"kept": 1}]
    assert last_context(project, "OQC") == first.context


def test_given_an_edit_then_the_context_is_kept_again(project):
    build_context(project, SCOPE, now=NOW)
    project.query("UPDATE jira_issues SET due_date = '2026-03-01', assignee_id = NULL WHERE status_category = 'new'")

    again = build_context(project, SCOPE, now=NOW)

    assert again.changed
    assert last_context(project, "OQC") == again.context


def test_contexts_of_another_season_are_forgotten(project):
    build_context(project, SCOPE, now=NOW - timedelta(days=200))
    build_context(project, SCOPE, now=NOW - timedelta(days=100))

    build_context(project, SCOPE, now=NOW)

    assert project.query("SELECT count(*) AS kept FROM work_contexts") == [{"kept": 1}]


def test_given_no_context_yet_then_there_is_no_last_one(project):
    assert last_context(project, "OQC") is None


def test_deleted_and_vanished_issues_are_in_no_figure(project):
    before = read_context(project, SCOPE, now=NOW).counts.total
    keys = [row["key"] for row in project.query("SELECT key FROM jira_issues ORDER BY key LIMIT 2")]
    project.query("DELETE FROM jira_issues WHERE key = %s", [keys[0]])
    with project.transaction(origin="sync") as conn:
        conn.execute("UPDATE jira_issues SET remote_state = 'gone' WHERE key = %s", [keys[1]])

    assert read_context(project, SCOPE, now=NOW).counts.total == before - 2


def test_given_a_gone_blocker_then_it_holds_nothing_up(project):
    with project.transaction(origin="sync") as conn:
        conn.execute("DELETE FROM issue_links")
        conn.execute("UPDATE jira_issues SET status_category = 'new' WHERE key IN ('OQC-4', 'OQC-5')")
        conn.execute(
            "INSERT INTO issue_links (link_id, key, jira_id, issue_key, project_key, type, direction, label,"
            " back_label, other_id, other_key) VALUES ('1', 'OQC-4#link-1', '100004', 'OQC-4', 'OQC', 'Blocks',"
            " 'inward', 'is blocked by', 'blocks', '100005', 'OLD-5')"
        )
    held = read_context(project, SCOPE, now=NOW).blockers

    with project.transaction(origin="sync") as conn:
        conn.execute("UPDATE jira_issues SET remote_state = 'gone' WHERE key = 'OQC-5'")

    # The link names the other end by the key it had when it was read; what counts is the key it has now.
    assert [(link.blocker_key, link.blocked_key) for link in held.links] == [("OQC-5", "OQC-4")]
    assert read_context(project, SCOPE, now=NOW).blockers.links == ()


def test_given_an_unknown_sprint_then_the_nearest_are_named(project):
    with pytest.raises(UsageError, match=r"no sprint of OQC is called 'sprint 7'; the nearest: OQC Sprint 7"):
        read_context(project, SCOPE, now=NOW, sprint="sprint 7")


def test_given_an_unknown_project_then_the_nearest_is_named(project):
    with pytest.raises(UsageError, match=r"no project 'OQX' is synced here; the nearest: OQC\."):
        check_project(project, "OQX", ["EUV"])


def test_given_a_configured_project_without_issues_then_it_is_known_and_empty(project):
    check_project(project, "EUV", ["EUV"])

    context = read_context(project, ContextScope("EUV"), now=NOW)

    assert context.counts.total == 0
    assert context.notes == ("no issue of this project is here yet",)


class Site:
    """What the aggregator asks Jira for."""

    def project(self, key: str) -> str:
        if key != "EUV":
            raise SettingError(f"jira project {key} does not exist; the nearest it sees are EUV")
        return key


def test_the_aggregator_leaves_out_what_is_not_wanted(project):
    aggregator = ContextAggregator(project, clock=lambda: NOW)

    whole = aggregator.get_work_context("OQC")
    slim = aggregator.get_work_context("OQC", include_risks=False, include_blockers=False)

    assert whole == read_context(project, SCOPE, now=NOW)
    assert whole.risks
    assert (slim.risks, slim.risk_totals, slim.blockers.links) == ((), (), ())
    assert slim.flow == whole.flow


@pytest.mark.parametrize(
    ("jira", "key", "error", "message"),
    [
        (None, "EUV", UsageError, "the nearest: OQC"),
        (Site(), "EUV", UsageError, "is in Jira, but was never synced here"),
        (Site(), "EUW", SettingError, "the nearest it sees are EUV"),
    ],
)
def test_given_a_project_that_is_not_here_then_the_aggregator_says_where_it_is(project, jira, key, error, message):
    with pytest.raises(error, match=message):
        ContextAggregator(project, jira).get_work_context(key)
