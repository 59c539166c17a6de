"""Each kind of risk: the smallest world that has it, and the nearest one that has not."""

from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from javis_pipeline.context.build import FINDERS
from javis_pipeline.records.context import RiskKind, WorkContext
from javis_pipeline_tests.context_tables import (
    NOW,
    a_change,
    a_context,
    a_sprint,
    ago,
    an_issue,
    blocks,
    day,
    in_sprint,
    risks_of,
    with_thresholds,
)

Tables = dict[str, Any]


def _issue(category: str = "new", **fields: Any) -> Tables:
    return {"issues": [an_issue("OQC-1", category, **fields)]}


def _blocked_by(category: str) -> Tables:
    return {"issues": [an_issue("OQC-1"), an_issue("OQC-2", category)], "links": [blocks("OQC-2", "OQC-1")]}


def _blocking(count: int) -> Tables:
    waiting = [f"OQC-{number}" for number in range(2, 2 + count)]
    return {
        "issues": [an_issue(key) for key in ("OQC-1", *waiting)],
        "links": [blocks("OQC-1", key) for key in waiting],
    }


def _in_sprint(**fields: Any) -> Tables:
    return {**_issue(**fields), "sprints": [a_sprint()], "issue_sprints": in_sprint("OQC-1")}


def _in_progress_at_once(count: int) -> Tables:
    return {"issues": [an_issue(f"OQC-{number}", "indeterminate") for number in range(count)]}


def _grown_sprint(committed: int, added: int) -> Tables:
    keys = [f"OQC-{number}" for number in range(committed + added)]
    issues = [an_issue(key, created_at=ago(30 if place < committed else 3)) for place, key in enumerate(keys)]
    return {"issues": issues, "sprints": [a_sprint()], "issue_sprints": in_sprint(*keys)}


def _epic(points: list[float | None], others: list[float | None]) -> Tables:
    epic = an_issue("OQC-1", issue_type="Epic")
    items = [an_issue(f"OQC-1{place}", parent_key="OQC-1", story_points=each) for place, each in enumerate(points)]
    rest = [an_issue(f"OQC-2{place}", story_points=each) for place, each in enumerate(others)]
    return {"issues": [epic, *items, *rest]}


def _circle(last: str) -> Tables:
    return {
        "issues": [an_issue("OQC-1"), an_issue("OQC-2"), an_issue("OQC-3", last)],
        "links": [blocks("OQC-1", "OQC-2"), blocks("OQC-2", "OQC-3"), blocks("OQC-3", "OQC-1")],
    }


def _reopened(days_ago: float) -> Tables:
    changes = [a_change("OQC-1", "new", "done", 28), a_change("OQC-1", "done", "new", days_ago)]
    return {**_issue(), "status_changes": changes}


def _page(edited_days_ago: float) -> Tables:
    return {
        **_issue("done", resolved_at=ago(2)),
        "status_changes": [a_change("OQC-1", "new", "done", 2)],
        "pages": [{"page_id": "7", "space_key": "OQC", "title": "Plan", "edited_at": ago(edited_days_ago)}],
        "page_links": [{"page_id": "7", "issue_key": "OQC-1"}],
    }


CONFLICT = {"resource_type": "jira_issue", "resource_id": "id-OQC-1", "field_name": "title", "created_at": ago(1)}

CASES: dict[RiskKind, tuple[Tables, Tables]] = {
    "overdue": (_issue(due_date=day(-1)), _issue(due_date=day(0))),
    "due_soon_not_started": (_issue(due_date=day(3)), _issue("indeterminate", due_date=day(3))),
    "blocked": (_blocked_by("indeterminate"), _blocked_by("done")),
    "blocks_many": (_blocking(3), _blocking(2)),
    "idle_in_progress": (_issue("indeterminate", updated_at=ago(11)), _issue("indeterminate", updated_at=ago(10))),
    "unassigned_in_sprint": (_in_sprint(assignee_id=None), _in_sprint(assignee_id="ann")),
    "high_priority_untouched": (
        _issue(priority="Highest", updated_at=ago(7)),
        _issue(priority="Highest", updated_at=ago(6)),
    ),
    "overloaded_person": (_in_progress_at_once(6), _in_progress_at_once(5)),
    "scope_creep": (_grown_sprint(10, 2), _grown_sprint(11, 2)),
    "epic_without_estimate": (_epic([None], [3.0]), _epic([None, 1.0], [3.0])),
    "dependency_cycle": (_circle("new"), _circle("done")),
    "reopened": (_reopened(14), _reopened(15)),
    "conflict_open": ({**_issue(), "conflicts": [CONFLICT]}, _issue()),
    "page_stale": (_page(17), _page(16)),
}


@cache
def _context(kind: RiskKind, *, harmless: bool) -> WorkContext:
    return a_context(**CASES[kind][harmless])


def test_every_kind_of_risk_has_a_case():
    assert len(CASES) == len(FINDERS)


@pytest.mark.parametrize("kind", CASES)
def test_given_the_smallest_cause_then_there_is_one_risk_that_says_why(kind):
    context = _context(kind, harmless=False)

    risks = risks_of(context, kind)

    assert context.total(kind) == len(risks) >= 1
    assert risks[0].finding_id.startswith(f"{kind}:")
    assert risks[0].summary
    assert risks[0].evidence
    assert all(key.startswith("OQC-") for key in risks[0].issue_keys)


@pytest.mark.parametrize("kind", CASES)
def test_given_the_nearest_harmless_case_then_there_is_no_such_risk(kind):
    context = _context(kind, harmless=True)

    assert risks_of(context, kind) == []
    assert context.total(kind) == 0


@pytest.mark.parametrize(
    ("tables", "kind", "severity"),
    [
        (_issue(due_date=day(-1)), "overdue", "medium"),
        (_issue("indeterminate", due_date=day(-1)), "overdue", "high"),
        (_issue(due_date=day(-100), updated_at=ago(91)), "overdue", "low"),
        (_issue(due_date=day(3)), "due_soon_not_started", "medium"),
        (_issue(due_date=day(1)), "due_soon_not_started", "high"),
        (_blocked_by("new"), "blocked", "low"),
        (_issue(flagged=True), "blocked", "low"),
        (_issue("indeterminate", flagged=True), "blocked", "high"),
        (_blocking(3), "blocks_many", "medium"),
        (_blocking(6), "blocks_many", "high"),
        (_issue("indeterminate", updated_at=ago(21)), "idle_in_progress", "high"),
        (_issue("indeterminate", updated_at=ago(91)), "idle_in_progress", "low"),
        (_in_sprint(assignee_id=None), "unassigned_in_sprint", "medium"),
        (_in_sprint(priority="Highest", updated_at=ago(8)), "high_priority_untouched", "high"),
        (_in_progress_at_once(10), "overloaded_person", "high"),
        (_grown_sprint(4, 2), "scope_creep", "high"),
        (_epic([None], [3.0]), "epic_without_estimate", "low"),
        (_page(17), "page_stale", "low"),
    ],
)
def test_severity_grows_with_what_is_at_stake(tables, kind, severity):
    assert [risk.severity for risk in risks_of(a_context(**tables), kind)] == [severity]


def test_a_risk_says_since_when():
    since = {
        kind: risks_of(_context(kind, harmless=False), kind)[0].since
        for kind in CASES
        if kind not in {"blocks_many", "overloaded_person", "dependency_cycle"}
    }

    assert since == {
        "overdue": day(0),
        "due_soon_not_started": day(0),
        "blocked": day(-30),
        "idle_in_progress": day(-11),
        "unassigned_in_sprint": day(-7),
        "high_priority_untouched": day(-7),
        "scope_creep": day(-7),
        "epic_without_estimate": day(-30),
        "reopened": day(-14),
        "conflict_open": day(-1),
        "page_stale": day(-17),
    }


def test_given_a_faster_project_then_idle_is_sooner():
    finished = [an_issue(f"OQC-{number}", "done", created_at=ago(20), resolved_at=ago(9)) for number in range(10, 20)]
    moves = [a_change(f"OQC-{number}", "new", "indeterminate", 13) for number in range(10, 20)]
    issues = [an_issue("OQC-1", "indeterminate", updated_at=ago(5)), *finished]

    context = a_context(issues=issues, status_changes=[*moves, a_change("OQC-1", "new", "indeterminate", 5)])

    (risk,) = risks_of(context, "idle_in_progress")
    assert risk.evidence == {"idle_days": 5, "usual_days": 4.0}


def test_given_more_risks_than_are_listed_then_all_are_counted_and_the_worst_are_listed():
    issues = [an_issue(f"OQC-{number}", due_date=day(-number), created_at=ago(99)) for number in range(1, 8)]

    context = a_context(issues=issues, thresholds=with_thresholds(risks_per_kind=2))

    assert [risk.issue_keys for risk in risks_of(context, "overdue")] == [("OQC-7",), ("OQC-6",)]
    assert context.total("overdue") == 7


def test_given_a_due_date_before_creation_then_it_is_late_since_it_was_made():
    context = a_context(**_issue(due_date=day(-300), created_at=ago(2)))

    (risk,) = risks_of(context, "overdue")
    assert risk.evidence["days_overdue"] == 3
    assert risk.since == day(-2)
    assert "due before being made, so late since then: 1 issue (OQC-1)" in context.notes


def test_given_an_issue_in_two_active_sprints_then_it_is_unassigned_once():
    context = a_context(
        **_issue(assignee_id=None),
        sprints=[a_sprint(1), a_sprint(2, end_at=NOW + timedelta(days=1))],
        issue_sprints=in_sprint("OQC-1", sprint_id=1) + in_sprint("OQC-1", sprint_id=2),
    )

    (risk,) = risks_of(context, "unassigned_in_sprint")
    assert risk.evidence == {"sprint_id": 2, "days_left": 1}
    assert risk.severity == "high"


def test_given_a_blocker_that_is_not_synced_then_the_risk_says_that_it_may_be_done():
    context = a_context(
        **_issue("indeterminate"), links=[blocks("ELSE-1", "OQC-1")], outside_issues=[{"key": "ELSE-1"}]
    )

    (risk,) = risks_of(context, "blocked")
    assert risk.issue_keys == ("OQC-1", "ELSE-1")
    assert risk.evidence["blockers_of_unknown_state"] == 1
    assert "may be done" in risk.summary


def test_given_conflicts_of_several_fields_then_the_record_is_one_risk():
    page = {"resource_type": "confluence_page", "resource_id": "7", "field_name": "body", "created_at": ago(4)}

    context = a_context(**_issue(), conflicts=[CONFLICT, {**CONFLICT, "field_name": "labels"}, page])

    risks = {risk.finding_id: risk for risk in risks_of(context, "conflict_open")}
    assert risks["conflict_open:OQC-1"].evidence["fields"] == 2
    assert risks["conflict_open:page-7"].page_ids == ("7",)
    assert risks["conflict_open:page-7"].severity == "high"
