"""Sprints, epics, goals, pages, people."""

from datetime import timedelta
from typing import Any

import pytest

from javis_pipeline_tests.context_tables import NOW, a_change, a_context, a_sprint, ago, an_issue, day, in_sprint


def _moved(key: str, days_ago: float, *, added: bool, sprint_id: int = 1) -> dict[str, Any]:
    return {"jira_id": f"id-{key}", "sprint_id": sprint_id, "added": added, "changed_at": ago(days_ago)}


def test_a_sprint_tells_what_is_done_and_what_is_left():
    issues = [
        an_issue("OQC-1", "done", story_points=3.0, resolved_at=ago(2)),
        an_issue("OQC-2", "indeterminate", story_points=5.0),
        an_issue("OQC-10"),
        an_issue("OQC-9"),
        an_issue("OQC-11", is_subtask=True),
    ]

    (sprint,) = a_context(
        issues=issues,
        sprints=[a_sprint(goal="Ship")],
        issue_sprints=in_sprint(*(issue["key"] for issue in issues)),
    ).sprints

    assert (sprint.items, sprint.done, sprint.in_progress, sprint.not_started) == (4, 1, 1, 2)
    assert (sprint.points, sprint.points_done) == (8.0, 3.0)
    assert sprint.remaining_keys == ("OQC-2", "OQC-9", "OQC-10")
    assert (sprint.start_on, sprint.end_on, sprint.days_left) == (day(-7), day(7), 7)


@pytest.mark.parametrize(
    ("moves", "made_days_ago", "member", "was_in", "added", "removed"),
    [
        pytest.param([], 30, True, 1, 0, 0, id="made in it before the start"),
        pytest.param([], 3, True, 0, 1, 0, id="made in it after the start"),
        pytest.param([(10, True)], 30, True, 1, 0, 0, id="added before the start"),
        pytest.param([(3, True)], 30, True, 0, 1, 0, id="added after the start"),
        pytest.param([(3, False)], 30, False, 1, 0, 1, id="removed after the start"),
        pytest.param([(10, True), (9, False)], 30, False, 0, 0, 0, id="removed before the start"),
        pytest.param([(10, True), (3, False), (2, True)], 30, True, 1, 0, 0, id="removed and back"),
        pytest.param([(3, True), (2, False)], 30, False, 0, 0, 0, id="added and gone"),
    ],
)
def test_scope_is_compared_with_the_start(moves, made_days_ago, member, was_in, added, removed):
    (sprint,) = a_context(
        issues=[an_issue("OQC-1", created_at=ago(made_days_ago)), an_issue("OQC-2")],
        sprints=[a_sprint()],
        issue_sprints=in_sprint(*(["OQC-1"] if member else []), "OQC-2"),
        sprint_changes=[_moved("OQC-1", days_ago, added=added) for days_ago, added in moves],
    ).sprints

    assert (sprint.committed - 1, len(sprint.added_keys), len(sprint.removed_keys)) == (was_in, added, removed)


@pytest.mark.parametrize(
    ("dates", "days_left", "note", "to_give_away"),
    [
        ({"start_at": None, "end_at": None}, None, "the sprint has no start and end date", 1),
        ({"end_at": None}, None, "the sprint has no end date", 1),
        ({"start_at": ago(1), "end_at": ago(3)}, -3, "the sprint ends before it starts", 0),  # it is over
    ],
)
def test_given_a_sprint_with_odd_dates_then_it_says_so_and_counts_all_the_same(dates, days_left, note, to_give_away):
    context = a_context(
        issues=[an_issue("OQC-1", assignee_id=None)], sprints=[a_sprint(**dates)], issue_sprints=in_sprint("OQC-1")
    )

    (sprint,) = context.sprints
    assert (sprint.items, sprint.days_left) == (1, days_left)
    assert note in sprint.notes
    assert context.total("unassigned_in_sprint") == to_give_away


def test_active_sprints_come_in_the_order_of_their_ends():
    sprints = [
        a_sprint(1, end_at=None),
        a_sprint(2, end_at=NOW + timedelta(days=9)),
        a_sprint(3, end_at=NOW + timedelta(days=2)),
        a_sprint(4, state="closed"),
    ]
    members = [row for sprint_id in (1, 2, 3, 4) for row in in_sprint("OQC-1", sprint_id=sprint_id)]

    context = a_context(issues=[an_issue("OQC-1")], sprints=sprints, issue_sprints=members)

    assert [sprint.sprint_id for sprint in context.sprints] == [3, 2, 1]


def test_given_sprints_of_the_same_name_then_the_active_one_is_meant_else_the_latest():
    closed = [a_sprint(1, name="One", state="closed", start_at=ago(50)), a_sprint(2, name="One", state="closed")]
    tables: dict[str, Any] = {"issues": [an_issue("OQC-1")], "issue_sprints": in_sprint("OQC-1", sprint_id=3)}

    among_closed = a_context(sprints=closed, sprint="one", **tables)
    with_active = a_context(sprints=[*closed, a_sprint(3, name="One", start_at=ago(99))], sprint="ONE", **tables)

    assert [sprint.sprint_id for sprint in among_closed.sprints] == [2]
    assert [sprint.sprint_id for sprint in with_active.sprints] == [3]


def test_an_epic_tells_how_far_its_issues_are():
    issues = [
        an_issue("OQC-1", issue_type="Epic", due_date=day(30)),
        an_issue("OQC-2", "done", parent_key="OQC-1", story_points=3.0, resolved_at=ago(4)),
        an_issue("OQC-3", "indeterminate", parent_key="OQC-1", story_points=5.0),
        an_issue("OQC-4", parent_key="OQC-1"),
        an_issue("OQC-5", parent_key="OQC-3", is_subtask=True),
        an_issue("OQC-6", issue_type="Epic"),
        an_issue("OQC-7", "done", issue_type="Epic"),
    ]

    first, empty = a_context(issues=issues).epics

    assert (first.items, first.done, first.in_progress, first.unestimated_open) == (3, 1, 1, 1)
    assert (first.points, first.points_done) == (8.0, 3.0)
    assert (first.due_date, first.last_finished_on) == (day(30), day(-4))
    assert (empty.key, empty.items, empty.points) == ("OQC-6", 0, None)


@pytest.mark.parametrize(
    ("epic_keys", "horizon", "verdict"),
    [
        (["OQC-1"], None, "unclear"),
        (["OQC-2"], None, "finished"),
        ([], None, "no_live_epic"),
        (["OQC-2", "EUV-1"], None, "no_live_epic"),
    ],
)
def test_a_goal_tells_whether_somebody_works_on_it(epic_keys, horizon, verdict):
    issues = [an_issue("OQC-1", issue_type="Epic"), an_issue("OQC-2", "done", issue_type="Epic", resolved_at=ago(3))]
    vision = {"vision_id": 1, "title": "Fast", "horizon": horizon, "epic_keys": epic_keys}

    (state,) = a_context(issues=issues, visions=[vision]).visions

    assert state.verdict == verdict


def test_goals_of_other_projects_are_left_out():
    vision = {"vision_id": 1, "title": "Fast", "epic_keys": ["EUV-1"]}

    assert a_context(issues=[an_issue("OQC-1")], visions=[vision]).visions == ()


@pytest.mark.parametrize(("horizon", "verdict"), [(day(300), "on_course"), (day(0), "late")])
def test_a_goal_is_held_against_the_forecast_of_its_epics(horizon, verdict):
    finished = [
        an_issue(f"OQC-{number}", "done", parent_key="OQC-1", created_at=ago(200), resolved_at=ago(number))
        for number in range(2, 80)
    ]
    issues = [an_issue("OQC-1", issue_type="Epic"), *finished, an_issue("OQC-99", parent_key="OQC-1")]
    vision = {"vision_id": 1, "title": "Fast", "horizon": horizon, "epic_keys": ["OQC-1"]}

    (state,) = a_context(issues=issues, visions=[vision]).visions

    assert state.expected_on is not None
    assert state.verdict == verdict


def test_pages_tell_which_issues_they_name_and_how_far_they_lag():
    pages = [
        {"page_id": "1", "space_key": "OQC", "title": "Fresh", "edited_at": ago(1)},
        {"page_id": "2", "space_key": "DOC", "title": "Old", "edited_at": ago(40)},
    ]
    links = [{"page_id": page_id, "issue_key": key} for page_id in ("1", "2") for key in ("OQC-10", "OQC-9", "ELSE-1")]

    context = a_context(
        issues=[an_issue("OQC-9"), an_issue("OQC-10", "indeterminate")],
        status_changes=[a_change("OQC-10", "new", "indeterminate", 4), a_change("OQC-9", "new", "new", -90)],
        pages=pages,
        page_links=links,
    )

    assert [(page.page_id, page.behind_days, page.issue_keys) for page in context.pages] == [
        ("2", 36, ("OQC-9", "OQC-10")),
        ("1", 0, ("OQC-9", "OQC-10")),
    ]


def test_a_story_with_open_sub_tasks_is_worked_on_through_them():
    issues = [
        an_issue("OQC-1", "indeterminate"),
        an_issue("OQC-2", "indeterminate", parent_key="OQC-1", is_subtask=True),
        an_issue("OQC-3", parent_key="OQC-1", is_subtask=True, due_date=day(-2)),
        an_issue("OQC-4", assignee_id=None),
        an_issue("OQC-5", "done", resolved_at=ago(5)),
        an_issue("OQC-6", "done", assignee_id="bob", resolved_at=ago(5)),
    ]

    context = a_context(issues=issues, users=[{"account_id": "ann", "display_name": "Ann"}])

    (load,) = context.workload
    assert (load.account_id, load.in_progress, load.open, load.overdue) == ("ann", 1, 2, 1)
    assert load.finished_last_4_weeks == 1
    assert context.unassigned_open == 1
    assert [(person.account_id, person.display_name) for person in context.people] == [("ann", "Ann")]
