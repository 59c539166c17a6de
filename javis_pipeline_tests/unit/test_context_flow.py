"""Counts, throughput, cycle times, ages, cumulative flow."""

from datetime import UTC, date, datetime, timedelta

import pytest

from javis_pipeline.records.context import Counts
from javis_pipeline.records.flow import FlowDay
from javis_pipeline_tests.context_tables import NOW, a_change, a_context, ago, an_issue, day, with_thresholds


def test_given_no_issue_then_the_context_is_empty_and_says_so():
    context = a_context()

    assert context.counts == Counts(total=0, new=0, indeterminate=0, done=0, unknown=0, by_type={})
    assert context.flow.finished_in_window == 0
    assert context.flow.cycle_p50_days is None
    assert context.risks == ()
    assert context.worst is None
    assert context.notes == ("no issue of this project is here yet",)


def test_issues_are_counted_by_category_and_type():
    issues = [
        an_issue("OQC-1"),
        an_issue("OQC-2", "done", resolved_at=ago(1)),
        an_issue("OQC-3", "indeterminate", issue_type=None),
        an_issue("OQC-4", "?", status_category=None),
    ]

    counts = a_context(issues=issues).counts

    assert (counts.total, counts.new, counts.indeterminate, counts.done, counts.unknown) == (4, 1, 1, 1, 1)
    assert counts.by_type == {"(none)": {"indeterminate": 1}, "Story": {"new": 1, "done": 1}}


@pytest.mark.parametrize(
    ("finished_at", "week"),
    [
        (NOW.replace(hour=0, minute=0), None),
        (NOW.replace(hour=0, minute=0) - timedelta(seconds=1), -1),
        (NOW.replace(hour=0, minute=0) - timedelta(days=7), -1),
        (NOW.replace(hour=0, minute=0) - timedelta(days=7, seconds=1), -2),
        (NOW.replace(hour=0, minute=0) - timedelta(weeks=26), 0),
        (NOW.replace(hour=0, minute=0) - timedelta(weeks=26, seconds=1), None),
        (NOW + timedelta(days=1), None),
    ],
)
def test_a_week_of_throughput_begins_and_ends_at_midnight(finished_at, week):
    issue = an_issue("OQC-1", "done", created_at=ago(400), resolved_at=finished_at)

    throughput = [week.finished for week in a_context(issues=[issue]).flow.throughput]

    assert len(throughput) == 26
    assert sum(throughput) == (week is not None)
    assert week is None or throughput[week] == 1


def test_epics_and_sub_tasks_are_no_work_items():
    issues = [
        an_issue("OQC-1", "done", issue_type="Epic", resolved_at=ago(3)),
        an_issue("OQC-2", "done", is_subtask=True, resolved_at=ago(3)),
        an_issue("OQC-3", "done", hierarchy_level=2, resolved_at=ago(3)),
        an_issue("OQC-4", "done", issue_type="Épopée", resolved_at=ago(3)),
        an_issue("OQC-5", "done", parent_key="OQC-4", resolved_at=ago(3)),
    ]

    assert a_context(issues=issues).flow.finished_in_window == 1


def test_a_cycle_runs_from_the_first_start_to_the_last_finish():
    changes = [
        a_change("OQC-1", "new", "indeterminate", 20),
        a_change("OQC-1", "indeterminate", "done", 15),
        a_change("OQC-1", "done", "indeterminate", 12),
        a_change("OQC-1", "indeterminate", "done", 8),
    ]

    flow = a_context(issues=[an_issue("OQC-1", "done")], status_changes=changes).flow

    assert [item.cycle_days for item in flow.cycles] == [12.0]
    assert (flow.cycle_p50_days, flow.cycle_p85_days, flow.cycles_known) == (12.0, 12.0, 1)


def test_the_resolution_date_goes_before_the_last_change_to_done():
    changes = [a_change("OQC-1", "new", "indeterminate", 20), a_change("OQC-1", "indeterminate", "done", 5)]

    flow = a_context(issues=[an_issue("OQC-1", "done", resolved_at=ago(10))], status_changes=changes).flow

    assert [item.cycle_days for item in flow.cycles] == [10.0]


def test_an_issue_that_was_made_in_progress_was_started_then():
    changes = [a_change("OQC-1", "indeterminate", "done", 5)]

    flow = a_context(issues=[an_issue("OQC-1", "done", created_at=ago(9))], status_changes=changes).flow

    assert [item.cycle_days for item in flow.cycles] == [4.0]


def test_statuses_that_are_not_known_any_more_are_told_by_their_name():
    changes = [
        {**a_change("OQC-1", "new", "indeterminate", 9), "to_id": "old"},
        {**a_change("OQC-1", "indeterminate", "done", 5), "from_id": "old", "from_status": "IN PROGRESS"},
    ]

    flow = a_context(issues=[an_issue("OQC-1", "done")], status_changes=changes).flow

    assert [item.cycle_days for item in flow.cycles] == [4.0]


def test_given_a_finish_before_the_start_then_there_is_no_cycle_time_and_a_note():
    changes = [a_change("OQC-1", "new", "indeterminate", 5)]

    context = a_context(issues=[an_issue("OQC-1", "done", resolved_at=ago(9))], status_changes=changes)

    assert context.flow.cycles_known == 0
    assert context.flow.finished_in_window == 1
    assert any("finished before being started" in note for note in context.notes)


def test_ages_are_whole_days_and_never_negative():
    issues = [
        an_issue("OQC-1", "indeterminate", created_at=ago(40)),
        an_issue("OQC-2", "indeterminate", created_at=ago(-3), updated_at=ago(-3)),
    ]
    changes = [a_change("OQC-1", "new", "indeterminate", 10), a_change("OQC-2", "new", "indeterminate", -1)]

    context = a_context(issues=issues, status_changes=changes)

    assert context.flow.in_progress == 2
    assert context.flow.age_in_progress_max_days == 10
    assert any("dated after now" in note for note in context.notes)


def test_the_cumulative_flow_counts_what_was_there_at_the_end_of_each_week():
    issues = [
        an_issue("OQC-1", created_at=ago(20)),
        an_issue("OQC-2", "indeterminate", created_at=ago(20)),
        an_issue("OQC-3", "done", created_at=ago(20), resolved_at=ago(7)),
        an_issue("OQC-4", "done", created_at=ago(90)),
    ]
    changes = [a_change("OQC-2", "new", "indeterminate", 14), a_change("OQC-3", "new", "indeterminate", 13)]

    cumulative = a_context(issues=issues, status_changes=changes, thresholds=with_thresholds(weeks=3)).flow.cumulative

    assert cumulative == (
        FlowDay(day(-21), new=0, indeterminate=0, done=1),
        FlowDay(day(-14), new=2, indeterminate=1, done=1),
        FlowDay(day(-7), new=1, indeterminate=1, done=2),
        FlowDay(day(0), new=1, indeterminate=1, done=2),
    )


def test_given_no_changelog_then_what_hangs_on_it_is_missing_and_the_context_says_why():
    issues = [an_issue("OQC-1", "indeterminate"), an_issue("OQC-2", "done", resolved_at=ago(3))]

    context = a_context(issues=issues)

    assert context.flow.finished_in_window == 1
    assert context.flow.cycle_p50_days is None
    assert context.flow.age_in_progress_max_days is None
    assert any("no status changes are known" in note for note in context.notes)


@pytest.mark.parametrize(("zone", "today"), [("UTC", date(2026, 3, 18)), ("Pacific/Auckland", date(2026, 3, 19))])
def test_days_are_those_of_the_time_zone(zone, today):
    late = datetime(2026, 3, 18, 20, 0, tzinfo=UTC)

    context = a_context(issues=[an_issue("OQC-1", due_date=date(2026, 3, 18))], now=late, zone=zone)

    assert context.flow.cumulative[-1].day == today
    assert context.total("overdue") == (today > date(2026, 3, 18))
