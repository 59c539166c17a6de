"""How the rules word their proposals, and what they keep to."""

from datetime import date

import pytest

from javis_pipeline.records.blockers import Blockers, BlockingLink
from javis_pipeline.records.flow import Flow, WeekThroughput
from javis_pipeline.records.risk import RiskKind
from javis_pipeline.records.suggestion import Suggestion, Vocabulary
from javis_pipeline.suggestions.grounding import is_grounded
from javis_pipeline.suggestions.rules import MOST_SUGGESTIONS, SUGGESTIONS_PER_KIND, rules_advice
from javis_pipeline_tests.contexts import ANN, BOB, a_context, a_load, a_risk, a_sprint, an_issue_brief

WORDS = Vocabulary(("Highest", "High", "Medium", "Low"), frozenset({"ann", "bob"}))
TEAM = {"workload": (a_load("ann", in_progress=4), a_load("bob", components=("Lamp",))), "people": (ANN, BOB)}


def only(context) -> Suggestion:
    (suggestion,) = rules_advice(context, WORDS).suggestions
    return suggestion


def briefs(*numbers: int, **parts):
    return tuple(an_issue_brief(f"OQC-{number}", **parts) for number in numbers)


def test_given_no_findings_then_nothing_is_proposed():
    advice = rules_advice(a_context(), WORDS)

    assert advice.suggestions == ()
    assert (advice.engine, advice.model) == ("rules", None)


def test_given_work_for_somebody_then_it_is_said_why_they():
    context = a_context(
        risks=(a_risk("due_soon_not_started", "OQC-1", summary="OQC-1 is due in 2 days and not started"),),
        issues=briefs(1, components=("Lamp",)),
        **TEAM,
    )

    suggestion = only(context)

    assert suggestion.title == "Give OQC-1 “Title of OQC-1” to Bob Miller: it is due within days and not begun"
    assert suggestion.rationale == (
        "OQC-1 is due in 2 days and not started. "
        "Bob Miller has 1 in progress and finished 1 in the last four weeks, and has worked on Lamp."
    )


@pytest.mark.parametrize(("days_left", "step"), [(0, "assign"), (-1, "comment_draft"), (None, "assign")])
def test_given_work_of_a_sprint_that_is_over_then_nobody_is_to_take_it(days_left, step):
    context = a_context(
        risks=(a_risk("high_priority_untouched", "OQC-1"),),
        issues=briefs(1, priority="High"),
        sprints=(a_sprint("OQC-1", days_left=days_left),),
        **TEAM,
    )

    assert [action.kind for action in only(context).actions] == [step]


@pytest.mark.parametrize(("days_left", "step"), [(0, "assign"), (-1, "comment_draft")])
def test_given_somebody_with_too_much_then_work_of_a_sprint_that_is_over_is_no_relief(days_left, step):
    context = a_context(
        risks=(a_risk("overloaded_person", "OQC-2", account_id="ann"),),
        issues=(*briefs(1, assignee_id="ann"), *briefs(2, assignee_id="ann", status_category="indeterminate")),
        sprints=(a_sprint("OQC-1", days_left=days_left),),
        **TEAM,
    )

    assert [action.kind for action in only(context).actions] == [step]


def test_given_issues_that_wait_then_each_is_named_with_its_title_and_since_when():
    context = a_context(
        risks=(
            a_risk("blocked", "OQC-2", "OQC-1", since=date(2026, 2, 13)),
            a_risk("overdue", "OQC-2", summary="OQC-2 is overdue for 4 days"),
            a_risk("blocked", "OQC-3", "OQC-1", since=date(2025, 12, 1)),
        ),
        issues=(*briefs(1, status_category="indeterminate", assignee_id="ann"), *briefs(2, 3)),
    )

    suggestion = only(context)

    assert suggestion.title == "Ask what OQC-1 “Title of OQC-1” needs: OQC-2 and OQC-3 wait for it"
    assert suggestion.rationale == (
        "OQC-2 “Title of OQC-2” is overdue for 4 days. OQC-2 has been blocked since 13 February. "
        "OQC-3 “Title of OQC-3” has been blocked since 1 December 2025."
    )
    assert suggestion.actions[0].value.startswith("OQC-2 and OQC-3 wait for this. What does it take")


def test_given_a_circle_then_its_youngest_link_is_named():
    links = [("OQC-1", "OQC-2", 7), ("OQC-2", "OQC-1", 9)]
    context = a_context(
        risks=(a_risk("dependency_cycle", "OQC-1", "OQC-2"),),
        issues=briefs(1, 2),
        blockers=Blockers(
            roots=(),
            cycles=(),
            links=tuple(
                BlockingLink(blocker_key=a, blocked_key=b, crosses_projects=False, number=number)
                for a, b, number in links
            ),
            blocked=0,
            deepest=0,
        ),
    )

    suggestion = only(context)

    assert suggestion.title == "Remove the link by which OQC-2 blocks OQC-1 “Title of OQC-1”"
    assert suggestion.rationale.endswith("wait for each other. That link is the youngest of the circle.")


def test_given_a_sprint_that_cannot_be_met_then_it_says_what_fits_and_what_can_leave():
    week = WeekThroughput(date(2026, 2, 23), 2)
    context = a_context(
        risks=(a_risk("sprint_off_track", "OQC-1", evidence={"sprint_id": 31}, summary="the sprint ends in 3 days"),),
        issues=briefs(1, 2),
        sprints=(a_sprint("OQC-1", "OQC-2", end_on=date(2026, 3, 5), days_left=3),),
        flow=Flow(1, (week,), 2, None, None, 0, None, None, None, (), ()),
    )

    suggestion = only(context)

    assert suggestion.title == "Take OQC-1 “Title of OQC-1” and OQC-2 “Title of OQC-2” out of Sprint 31"
    assert suggestion.rationale == (
        "The sprint ends in 3 days. At 2.0 items a week about 1 of the 2 fit. "
        "Not begun, not urgent, and nothing waits for it."
    )


@pytest.mark.parametrize(
    ("begun", "told"),
    [
        (0, "The same holds for 3 more."),
        (5, "That is not enough: all else is begun, due, urgent or waited for, so the team has to choose."),
    ],
)
def test_given_more_has_to_leave_than_is_named_then_it_says_so(begun: int, told: str):
    keys = [f"OQC-{number}" for number in range(1, 7)]
    states = ["indeterminate"] * begun + ["new"] * (6 - begun)
    context = a_context(
        risks=(a_risk("sprint_off_track", *keys, evidence={"sprint_id": 31}, summary="the sprint ends in 3 days"),),
        issues=tuple(an_issue_brief(key, status_category=state) for key, state in zip(keys, states, strict=True)),
        sprints=(a_sprint(*keys, end_on=date(2026, 3, 5), days_left=3),),
        flow=Flow(1, (WeekThroughput(date(2026, 2, 23), 2),), 2, None, None, 0, None, None, None, (), ()),
    )

    assert only(context).rationale.endswith(told)


def test_given_an_issue_of_another_project_then_it_is_asked_about_and_not_changed():
    context = a_context(
        risks=(a_risk("blocked", "OQC-1", "EUV-1"),),
        issues=(an_issue_brief("EUV-1"), an_issue_brief("OQC-1")),
        **TEAM,
    )

    assert [(action.kind, action.issue_key) for action in only(context).actions] == [("comment_draft", "EUV-1")]


def test_given_many_findings_of_a_kind_then_a_few_are_proposed_and_nobody_is_given_more_than_two():
    keys = [f"OQC-{number}" for number in range(1, 13)]
    context = a_context(
        risks=tuple(a_risk("unassigned_in_sprint", key, severity="medium") for key in keys),
        issues=tuple(map(an_issue_brief, keys)),
        **TEAM,
    )

    suggestions = rules_advice(context, WORDS).suggestions

    assert len(suggestions) == SUGGESTIONS_PER_KIND
    assert [suggestion.actions[0].value for suggestion in suggestions] == ["bob", "bob", "ann"]


def test_every_suggestion_is_grounded_and_their_number_is_bounded():
    kinds: tuple[RiskKind, ...] = (
        "overdue", "due_soon_not_started", "blocked", "blocks_many", "idle_in_progress", "unassigned_in_sprint",
        "high_priority_untouched", "epic_without_estimate", "dependency_cycle", "reopened", "epic_late",
    )  # fmt: skip
    keys = [f"OQC-{number}" for number, _ in enumerate(kinds, 1)]
    context = a_context(
        risks=tuple(a_risk(kind, key) for kind, key in zip(kinds, keys, strict=True)),
        issues=tuple(map(an_issue_brief, keys)),
    )

    suggestions = rules_advice(context, WORDS).suggestions

    assert len(suggestions) == MOST_SUGGESTIONS
    assert all(is_grounded(suggestion, context) for suggestion in suggestions)
    assert rules_advice(context, WORDS).suggestions == suggestions


@pytest.mark.parametrize(
    ("priorities", "high"),
    [
        pytest.param((), ("high",), id="none known"),
        pytest.param(("Sev1", "Sev2"), ("high",), id="none of them is known to be high"),
        pytest.param(("Sev1", "Sev2"), ("sev1",), id="the present one has no rank"),
    ],
)
def test_given_priorities_that_cannot_be_compared_then_none_is_raised(priorities, high):
    context = a_context(
        risks=(a_risk("blocked", "OQC-1", "OQC-2"),),
        issues=(an_issue_brief("OQC-1"), an_issue_brief("OQC-2")),
        high_priorities=high,
    )

    (suggestion,) = rules_advice(context, Vocabulary(priorities, frozenset())).suggestions

    assert [action.kind for action in suggestion.actions] == ["comment_draft"]


def test_given_priorities_of_ones_own_then_the_setting_says_which_are_high():
    context = a_context(
        risks=(a_risk("blocked", "OQC-1", "OQC-2"),), issues=briefs(1, 2, priority="Sev3"), high_priorities=("sev1",)
    )

    (suggestion,) = rules_advice(context, Vocabulary(("Sev1", "Sev2", "Sev3"), frozenset())).suggestions

    assert [(action.kind, action.value) for action in suggestion.actions] == [("set_priority", "Sev1")]
