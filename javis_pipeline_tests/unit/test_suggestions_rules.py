"""What the rules propose, and in which order."""

from datetime import date

import pytest

from javis_pipeline.records.context import Blocker, Blockers
from javis_pipeline.records.suggestion import Vocabulary
from javis_pipeline.suggestions.grounding import is_grounded
from javis_pipeline.suggestions.rules import FINDINGS_PER_SUGGESTION, MOST_SUGGESTIONS, rules_advice
from javis_pipeline_tests.contexts import ANN, BOB, a_context, a_load, a_risk, a_sprint, an_issue_brief

WORDS = Vocabulary(("Highest", "High", "Medium", "Low"), frozenset({"ann", "bob"}))


def test_given_no_findings_then_nothing_is_proposed():
    assert rules_advice(a_context(), WORDS).suggestions == ()


def test_given_a_blocker_of_much_work_and_a_stale_page_then_the_blocker_comes_first():
    context = a_context(
        risks=(a_risk("page_stale", "OQC-9", severity="low"), a_risk("blocks_many", "OQC-1")),
        issues=(an_issue_brief("OQC-1"), an_issue_brief("OQC-9")),
        blockers=Blockers(
            (Blocker("OQC-1", 2, ("OQC-2", "OQC-3"), 2, None, ("OQC",), False, state_known=True),), (), (), 2, 2
        ),
        workload=(a_load("ann", in_progress=4), a_load("bob", in_progress=1)),
        people=(ANN, BOB),
    )

    advice = rules_advice(context, WORDS)

    assert [suggestion.kind for suggestion in advice.suggestions] == ["blocks_many", "page_stale"]
    assert [(action.kind, action.value) for action in advice.suggestions[0].actions] == [
        ("set_priority", "High"),
        ("assign", "bob"),
    ]
    assert advice.engine == "rules"
    assert advice.model is None


def test_given_two_equal_findings_then_the_one_in_the_running_sprint_comes_first():
    sprint = a_sprint("OQC-1", end_on=date(2026, 3, 6))
    context = a_context(
        risks=(a_risk("overdue", "OQC-2"), a_risk("overdue", "OQC-1")),
        issues=(an_issue_brief("OQC-1"), an_issue_brief("OQC-2")),
        sprints=(sprint,),
    )

    (suggestion,) = rules_advice(context, WORDS).suggestions

    assert suggestion.issue_keys == ("OQC-1", "OQC-2")
    assert [(action.kind, action.issue_key) for action in suggestion.actions] == [
        ("set_due_date", "OQC-1"),
        ("comment_draft", "OQC-2"),
    ]
    assert suggestion.actions[0].value == "2026-03-06"


def test_given_many_findings_of_a_kind_then_they_are_one_suggestion_and_nobody_is_given_more_than_two():
    keys = [f"OQC-{number}" for number in range(1, 13)]
    context = a_context(
        risks=tuple(a_risk("unassigned_in_sprint", key, severity="medium") for key in keys),
        issues=tuple(an_issue_brief(key) for key in keys),
        workload=(a_load("ann", in_progress=3), a_load("bob", in_progress=1)),
        people=(ANN, BOB),
    )

    (suggestion,) = rules_advice(context, WORDS).suggestions

    assert len(suggestion.finding_ids) == FINDINGS_PER_SUGGESTION
    assert suggestion.rationale.endswith("7 more like this.")
    assert [action.value for action in suggestion.actions if action.kind == "assign"] == ["bob", "bob", "ann", "ann"]
    assert suggestion.actions[4].kind == "comment_draft"


def an_overloaded_person(**parts):
    return a_context(
        risks=(a_risk("overloaded_person", "OQC-1", account_id="ann", summary="one person has 9 issues in progress"),),
        issues=(
            an_issue_brief("OQC-1", assignee_id="ann", status="In Progress", status_category="indeterminate"),
            an_issue_brief("OQC-2", assignee_id="ann"),
        ),
        workload=(a_load("ann", in_progress=9), a_load("bob")),
        people=(ANN, BOB),
        **parts,
    )


def test_given_a_person_with_too_much_then_an_unstarted_issue_of_the_sprint_goes_to_whoever_has_the_least():
    (suggestion,) = rules_advice(an_overloaded_person(sprints=(a_sprint("OQC-1", "OQC-2"),)), WORDS).suggestions

    assert suggestion.title == "Take work off Ann Smith"
    assert suggestion.rationale == "Ann Smith has 9 issues in progress."
    assert [(action.issue_key, action.value) for action in suggestion.actions] == [("OQC-2", "bob")]


def test_given_a_person_with_too_much_and_only_backlog_to_hand_over_then_the_idlest_work_is_asked_about():
    (suggestion,) = rules_advice(an_overloaded_person(), WORDS).suggestions

    assert [(action.kind, action.issue_key) for action in suggestion.actions] == [("comment_draft", "OQC-1")]


def test_given_an_issue_of_another_project_then_it_is_asked_about_and_not_changed():
    context = a_context(
        risks=(a_risk("blocks_many", "EUV-1", "OQC-1"),),
        issues=(an_issue_brief("EUV-1"), an_issue_brief("OQC-1")),
        workload=(a_load("ann"),),
        people=(ANN,),
    )

    (suggestion,) = rules_advice(context, WORDS).suggestions

    assert [(action.kind, action.issue_key) for action in suggestion.actions] == [("comment_draft", "EUV-1")]


def test_every_suggestion_is_grounded_and_their_number_is_bounded():
    kinds = (
        "overdue", "due_soon_not_started", "blocked", "blocks_many", "idle_in_progress", "unassigned_in_sprint",
        "high_priority_untouched", "overloaded_person", "scope_creep", "epic_without_estimate", "dependency_cycle",
        "reopened", "conflict_open", "page_stale",
    )  # fmt: skip
    keys = [f"OQC-{number}" for number, _ in enumerate(kinds, 1)]
    context = a_context(
        risks=tuple(a_risk(kind, key) for kind, key in zip(kinds, keys, strict=True)),
        issues=tuple(an_issue_brief(key) for key in keys),
    )

    suggestions = rules_advice(context, WORDS).suggestions

    assert len(suggestions) == MOST_SUGGESTIONS
    assert all(is_grounded(suggestion, context) for suggestion in suggestions)
    assert rules_advice(context, WORDS).suggestions == suggestions


@pytest.mark.parametrize("priorities", [(), ("Only",)], ids=["none known", "one"])
def test_given_few_priorities_then_none_is_invented(priorities):
    context = a_context(risks=(a_risk("blocks_many", "OQC-1"),), issues=(an_issue_brief("OQC-1"),))

    (suggestion,) = rules_advice(context, Vocabulary(priorities, frozenset())).suggestions

    assert [action.value for action in suggestion.actions if action.kind == "set_priority"] == list(priorities)
