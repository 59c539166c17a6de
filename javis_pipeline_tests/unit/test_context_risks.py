"""Each kind of risk: the smallest world that has it, and the nearest one that has not."""

from datetime import timedelta
from functools import cache
from typing import Any

import pandas as pd
import pytest

from javis_pipeline.context.build import FINDERS
from javis_pipeline.context.risks.ranking import found, found_rows
from javis_pipeline.context.thresholds import BLOCKED_BY_LABELS, BLOCKS_LABELS
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.risk import SEVERITY_ORDER, RiskKind, Severity
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
from javis_pipeline_tests.contexts import a_risk

Tables = dict[str, Any]


def _issue(category: str = "new", **fields: Any) -> Tables:
    return {"issues": [an_issue("OQC-1", category, **fields)]}


def _blocked_by(category: str) -> Tables:
    return {
        "issues": [an_issue("OQC-1", "indeterminate"), an_issue("OQC-2", category)],
        "links": [blocks("OQC-2", "OQC-1")],
    }


def _blocking(count: int) -> Tables:
    waiting = [f"OQC-{number}" for number in range(2, 2 + count)]
    return {
        "issues": [an_issue("OQC-1"), an_issue("OQC-2", "indeterminate"), *map(an_issue, waiting[1:])],
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


def _sprint_with_pace(left: int, *, every_days: int = 4) -> Tables:
    """A sprint with so many items left of a project that finishes one every few days, all in sprints."""
    keys = [f"OQC-{number}" for number in range(1, left + 1)]
    done = [
        an_issue(f"OQC-{100 + number}", "done", created_at=ago(300), resolved_at=ago(1 + number * every_days))
        for number in range(40)
    ]
    return {
        "issues": [*map(an_issue, keys), *done],
        "sprints": [a_sprint(), a_sprint(9, state="closed")],
        "issue_sprints": in_sprint(*keys) + in_sprint(*(issue["key"] for issue in done), sprint_id=9),
    }


def _epic_with_pace(due_in: int) -> Tables:
    """An epic with ten items left, of which one a day was finished."""
    epic = an_issue("OQC-1", issue_type="Epic", due_date=day(due_in))
    left = [an_issue(f"OQC-{number}", parent_key="OQC-1") for number in range(2, 12)]
    done = [
        an_issue(f"OQC-{100 + number}", "done", created_at=ago(300), resolved_at=ago(1 + number), parent_key="OQC-1")
        for number in range(60)
    ]
    return {"issues": [epic, *left, *done]}


def _version(due_in: int, *, released: int = 0) -> Tables:
    """A version with ten items left, to which one a day of the project's finished items belongs."""
    left = [an_issue(f"OQC-{number}", fix_versions=["2.4"]) for number in range(2, 12)]
    done = [
        an_issue(f"OQC-{100 + n}", "done", created_at=ago(300), resolved_at=ago(1 + n), fix_versions=["2.4", "2.3"])
        for n in range(60)
    ]
    versions = [{"version_id": "7", "name": "2.4", "release_on": day(due_in)}] * (not released)
    return {"issues": [*left, *done], "versions": versions}


def _shared_by_two(first: int, second: int) -> Tables:
    people = ["ann"] * first + ["bob"] * second
    return {
        "issues": [
            an_issue(f"OQC-{number}", "indeterminate", assignee_id=person) for number, person in enumerate(people)
        ]
    }


CONFLICT = {"resource_type": "jira_issue", "resource_id": "id-OQC-1", "field_name": "title", "created_at": ago(1)}

CASES: dict[RiskKind, tuple[Tables, Tables]] = {
    "overdue": (_issue(due_date=day(-1)), _issue(due_date=day(0))),
    "due_soon_not_started": (_issue(due_date=day(3)), _issue("indeterminate", due_date=day(3))),
    "blocked": (_blocked_by("indeterminate"), _blocked_by("done")),
    "blocks_many": (_blocking(3), _blocking(2)),
    "blocker_not_synced": (
        {**_issue("indeterminate"), "links": [blocks("ELSE-1", "OQC-1")], "outside_issues": [{"key": "ELSE-1"}]},
        {
            **_issue(),
            "links": [blocks("ELSE-1", "OQC-1")],
            "outside_issues": [{"key": "ELSE-1", "status_category": "new"}],
        },
    ),
    "held_by_one": (_shared_by_two(6, 1), _shared_by_two(4, 3)),
    "sprint_off_track": (_sprint_with_pace(10), _sprint_with_pace(1)),
    "epic_late": (_epic_with_pace(5), _epic_with_pace(40)),
    "version_late": (_version(5), _version(40)),
    "asleep": (_issue(updated_at=ago(31)), _issue(updated_at=ago(30))),
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
        (_blocked_by("new"), "blocked", "high"),
        (_issue(flagged=True), "blocked", "medium"),
        (_issue(flagged=True, updated_at=ago(91)), "blocked", "low"),
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


SINCE_NOBODY_KNOWS = {
    "blocks_many", "blocker_not_synced", "overloaded_person", "held_by_one", "dependency_cycle", "sprint_off_track",
    "epic_late", "version_late",
}  # fmt: skip


def test_a_risk_says_since_when():
    since = {
        kind: risks_of(_context(kind, harmless=False), kind)[0].since
        for kind in CASES
        if kind not in SINCE_NOBODY_KNOWS
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
        "asleep": day(-31),
    }


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (_version(-1), "medium: the version should have been released 1 day ago and has 10 items left"),
        (_version(-3), "high: the version should have been released 3 days ago and has 10 items left"),
        (_version(-91), "low: the version should have been released 91 days ago and has 10 items left"),
        (
            {"issues": _version(5)["issues"][:10], "versions": _version(5)["versions"]},
            "medium: the version is due on 23 March 2026 with 10 items to finish, none of them begun",
        ),
    ],
    ids=["yesterday", "three days", "forgotten", "no pace, and soon"],
)
def test_a_version_whose_day_is_not_kept_says_why(tables, said):
    (risk,) = risks_of(a_context(**tables), "version_late")

    assert f"{risk.severity}: {risk.summary}" == said


@pytest.mark.parametrize(
    "tables",
    [
        _version(5, released=1),
        _version(-366),
        {"issues": _version(5)["issues"][10:], "versions": _version(5)["versions"]},
        {"issues": [an_issue("OQC-1", fix_versions=["2.5"])], "versions": _version(1)["versions"]},
    ],
    ids=["released", "a year ago", "all is done", "another version"],
)
def test_a_version_that_needs_nobody_is_no_finding(tables):
    assert risks_of(a_context(**tables), "version_late") == []


def test_given_a_faster_project_then_idle_is_sooner():
    finished = [an_issue(f"OQC-{number}", "done", created_at=ago(20), resolved_at=ago(9)) for number in range(10, 20)]
    moves = [a_change(f"OQC-{number}", "new", "indeterminate", 13) for number in range(10, 20)]
    issues = [an_issue("OQC-1", "indeterminate", updated_at=ago(5)), *finished]

    context = a_context(issues=issues, status_changes=[*moves, a_change("OQC-1", "new", "indeterminate", 5)])

    (risk,) = risks_of(context, "idle_in_progress")
    assert risk.evidence == {"idle_days": 5, "limit_days": 4.0, "usual_days": 4.0}


def test_given_unknown_cycle_times_then_nothing_is_called_usual():
    (risk,) = risks_of(a_context(**_issue("indeterminate", updated_at=ago(12))), "idle_in_progress")

    assert risk.summary == "OQC-1 is in progress and was not touched for 12 days"
    assert risk.evidence == {"idle_days": 12, "limit_days": 10.0}


@pytest.mark.parametrize("others", [0, 1, 49, 50, 51, 120])
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_however_many_risks_there_are_the_worst_of_each_severity_is_listed(others, limit):
    many: list[Severity] = ["high"] * others
    severities: list[Severity] = ["low", "medium", *many]
    risks = [a_risk("overdue", f"OQC-{place}", severity=each) for place, each in enumerate(severities)]
    rows = pd.DataFrame({"key": [risk.issue_keys[0] for risk in risks], "severity": severities, "days": 1})
    by_key = {risk.issue_keys[0]: risk for risk in risks}

    of_rows = found_rows("overdue", rows, lambda row: by_key[row["key"]], worst_by="days", limit=limit)
    of_objects = found("overdue", risks, limit=limit)

    for result in (of_rows, of_objects):
        listed = [risk.severity for risk in result.risks]
        assert set(listed) == {total.severity for total in result.totals} == set(severities)
        assert len(listed) == min(max(limit, len(set(severities))), len(severities))
        assert listed == sorted(listed, key=SEVERITY_ORDER.__getitem__)


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


def test_given_a_blocker_that_is_not_synced_then_that_is_said_once_however_many_wait():
    keys = [f"OQC-{number}" for number in range(1, 5)]

    context = a_context(
        issues=[an_issue(key, "indeterminate" if key == "OQC-3" else "new") for key in keys],
        links=[blocks("ELSE-1", key) for key in keys],
        outside_issues=[{"key": "ELSE-1"}],
    )

    (risk,) = context.risks
    assert risk.summary == (
        "ELSE-1 is not synced and may be done; if it is not, 4 issues wait: OQC-3, OQC-1, OQC-2, ..."
    )
    assert (risk.kind, risk.severity) == ("blocker_not_synced", "low")


def test_what_waits_and_can_wait_is_no_finding():
    keys = [f"OQC-{number}" for number in range(1, 8)]
    links = [blocks("OQC-1", key) for key in keys[1:]] + [blocks("ELSE-1", key) for key in keys]

    context = a_context(issues=[an_issue(key, priority="High") for key in keys], links=links)

    assert context.risks == ()
    assert context.blockers.blocked == 7


def test_what_nobody_touches_any_more_overloads_nobody():
    alive = [an_issue(f"OQC-{number}", "indeterminate") for number in range(5)]
    dead = [an_issue(f"OQC-{number}", "indeterminate", updated_at=ago(91)) for number in range(5, 15)]
    gone = [
        an_issue(f"OQC-{number}", "indeterminate", assignee_id="bob", updated_at=ago(400)) for number in range(15, 30)
    ]

    context = a_context(issues=[*alive, *dead, *gone])

    assert risks_of(context, "overloaded_person") == []
    assert [(load.account_id, load.in_progress, load.moving) for load in context.workload] == [("ann", 15, 5)]


def test_given_a_sleeping_project_then_one_line_says_so_and_idle_work_is_low():
    issues = [an_issue(f"OQC-{number}", "indeterminate", updated_at=ago(40 + number)) for number in range(51)]

    context = a_context(issues=issues)

    (risk,) = risks_of(context, "asleep")
    assert risk.summary == "nothing has moved here since 6 February 2026, for 40 days; 51 issues in progress"
    assert {each.severity for each in risks_of(context, "idle_in_progress")} == {"low"}


@pytest.mark.parametrize("tables", [_sprint_with_pace(1), _in_sprint()], ids=["with a forecast", "without one"])
def test_given_a_sprint_that_should_have_ended_then_it_is_off_track_by_its_days(tables: Tables):
    tables = {**tables, "sprints": [a_sprint(end_at=ago(4))]}

    (risk,) = risks_of(a_context(**tables), "sprint_off_track")

    assert (risk.severity, risk.summary) == ("high", "the sprint should have ended 4 days ago and has 1 item left")


def test_given_a_sprint_that_should_have_ended_then_nobody_is_wanted_for_what_is_left_of_it():
    tables = {**_in_sprint(assignee_id=None), "sprints": [a_sprint(end_at=ago(1))]}

    assert risks_of(a_context(**tables), "unassigned_in_sprint") == []


def test_by_whatever_name_a_link_says_that_one_issue_waits_for_another_it_is_understood():
    labels = [*BLOCKS_LABELS, *BLOCKED_BY_LABELS]
    links = [{"key": f"OQC-{2 * place}", "label": label, "other_key": f"OQC-{2 * place + 1}"}
             for place, label in enumerate(labels)]  # fmt: skip
    links[1::2] = [{**link, "label": link["label"].title()} for link in links[1::2]]

    issues = [an_issue(f"OQC-{number}", "indeterminate") for number in range(2 * len(labels))]
    context = a_context(issues=issues, links=links, thresholds=with_thresholds(risks_per_kind=len(links)))

    waiting = {tuple(risk.issue_keys) for risk in risks_of(context, "blocked")}
    # The one that is named first blocks by the first half of the names, and waits by the second half.
    pairs = [(link["other_key"], link["key"]) for link in links[: len(BLOCKS_LABELS)]]
    pairs += [(link["key"], link["other_key"]) for link in links[len(BLOCKS_LABELS) :]]
    assert waiting == set(pairs)


def test_no_name_of_a_link_means_both():
    assert not set(BLOCKS_LABELS) & set(BLOCKED_BY_LABELS)


def test_given_conflicts_of_several_fields_then_the_record_is_one_risk():
    page = {"resource_type": "confluence_page", "resource_id": "7", "field_name": "body", "created_at": ago(4)}

    context = a_context(**_issue(), conflicts=[CONFLICT, {**CONFLICT, "field_name": "labels"}, page])

    risks = {risk.finding_id: risk for risk in risks_of(context, "conflict_open")}
    assert risks["conflict_open:OQC-1"].evidence["fields"] == 2
    assert risks["conflict_open:page-7"].page_ids == ("7",)
    assert risks["conflict_open:page-7"].severity == "high"
