"""The first suggestions of the rules against what a team lead would want to hear first.

Each row is a small project, what the lead says about it, and the suggestions expected at the top: the kind, and the
issue (or person, or page) that comes first in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pytest

from javis_pipeline.records.context import Blocker, Blockers, Person, Risk, WorkContext
from javis_pipeline.records.suggestion import Suggestion, Vocabulary
from javis_pipeline.suggestions.rules import rules_advice
from javis_pipeline_tests.contexts import ANN, BOB, a_context, a_load, a_risk, a_sprint, an_issue_brief

WORDS = Vocabulary(("Highest", "High", "Medium", "Low"), frozenset({"ann", "bob"}))
URGENT, LOW = "Highest", "Low"


@dataclass(frozen=True)
class Case:
    """A project and what is expected of it.

    Attributes:
        lead: What the lead says.
        findings: As `finding` makes them; the context keeps their order.
        top: The first suggestions, as "kind:subject" of their first finding.
        sprint: Numbers of the issues that the running sprint still has to do.
        held_up: How many issues wait for an issue, by its number.
        priorities: Of issues that are not of medium priority, by number.
        first_step: Kind of the first step of the first suggestion; None when it has none.
    """

    lead: str
    findings: tuple[Risk, ...]
    top: tuple[str, ...]
    sprint: tuple[int, ...] = ()
    held_up: Mapping[int, int] = field(default_factory=dict)
    priorities: Mapping[int, str] = field(default_factory=dict)
    first_step: str | None = "comment_draft"


def finding(what: str, *numbers: int | str, **evidence: int) -> Risk:
    """A finding out of "high overdue" and the numbers of its issues, or the id of a person."""
    severity, kind = what.split()
    if kind == "overloaded_person":
        return a_risk(kind, "OQC-99", severity=severity, account_id=str(numbers[0]), evidence=evidence)
    return a_risk(kind, *(f"OQC-{number}" for number in numbers), severity=severity, evidence=evidence)


CASES = {
    "one late issue": Case("It is late; ask.", (finding("high overdue", 1),), ("overdue:OQC-1",)),
    "late in the sprint": Case(
        "It is late, but the sprint still has days: commit to its end.",
        (finding("high overdue", 1),),
        ("overdue:OQC-1",),
        sprint=(1,),
        first_step="set_due_date",
    ),
    "late, and a page": Case(
        "Documents wait, deadlines do not.",
        (finding("low page_stale", 2), finding("high overdue", 1)),
        ("overdue:OQC-1", "page_stale:OQC-2"),
    ),
    "circle before all": Case(
        "Nothing in a circle can ever be done; cut it first.",
        (finding("high overdue", 3), finding("high blocked", 4, 5), finding("high dependency_cycle", 1, 2)),
        ("dependency_cycle:OQC-1", "overdue:OQC-3", "blocked:OQC-4"),
    ),
    "one issue holds up eight": Case(
        "Eight wait for it: more than one late issue.",
        (finding("high overdue", 2), finding("high blocks_many", 1, 3), finding("high blocked", 3, 1)),
        ("blocks_many:OQC-1", "blocked:OQC-3", "overdue:OQC-2"),
        held_up={1: 8},
        first_step="set_priority",
    ),
    "what waits is forgotten": Case(
        "Everything behind it is years old; the late one matters.",
        (finding("high blocks_many", 1, 3), finding("low blocked", 3, 1), finding("high overdue", 2)),
        ("overdue:OQC-2", "blocks_many:OQC-1"),
        held_up={1: 3},
    ),
    "severe before many": Case(
        "Twelve small things do not make a big one.",
        (*(finding("low idle_in_progress", n) for n in range(2, 14)), finding("high overdue", 1)),
        ("overdue:OQC-1", "idle_in_progress:OQC-2"),
    ),
    "medium overdue, high idle": Case(
        "Work in progress that stands still costs more than a soft date.",
        (finding("medium overdue", 1), finding("high idle_in_progress", 2)),
        ("idle_in_progress:OQC-2", "overdue:OQC-1"),
    ),
    "the sprint first": Case(
        "We promised the sprint; the rest of the backlog can be late a day longer.",
        (finding("high overdue", 1), finding("high overdue", 2)),
        ("overdue:OQC-2",),
        sprint=(2,),
        first_step="set_due_date",
    ),
    "blocked in the sprint": Case(
        "What stops the sprint comes before a backlog blocker of the same weight.",
        (finding("high blocked", 1, 5), finding("high blocked", 2, 6)),
        ("blocked:OQC-2",),
        sprint=(2,),
    ),
    "nobody's, two days left": Case(
        "Find somebody today.",
        (finding("high unassigned_in_sprint", 1), finding("medium reopened", 2)),
        ("unassigned_in_sprint:OQC-1", "reopened:OQC-2"),
        sprint=(1,),
        first_step="assign",
    ),
    "nobody's, sprint just begun": Case(
        "There is time; the late one first.",
        (finding("medium unassigned_in_sprint", 1), finding("high overdue", 2)),
        ("overdue:OQC-2", "unassigned_in_sprint:OQC-1"),
        sprint=(1,),
    ),
    "due tomorrow": Case(
        "Due tomorrow beats untouched for weeks.",
        (finding("medium high_priority_untouched", 1), finding("high due_soon_not_started", 2)),
        ("due_soon_not_started:OQC-2", "high_priority_untouched:OQC-1"),
        first_step="assign",
    ),
    "urgent before high": Case(
        "Of two untouched ones the urgent one.",
        (finding("medium high_priority_untouched", 1), finding("medium high_priority_untouched", 2)),
        ("high_priority_untouched:OQC-2",),
        priorities={2: URGENT},
        first_step="assign",
    ),
    "forgotten urgent": Case(
        "Nobody touched it for a year: it is not urgent, whatever it says.",
        (finding("low high_priority_untouched", 1), finding("medium idle_in_progress", 2)),
        ("idle_in_progress:OQC-2", "high_priority_untouched:OQC-1"),
        priorities={1: URGENT},
    ),
    "a person drowns": Case(
        "Ann has twelve things in progress and finishes three: help her before asking about single items.",
        (
            finding("medium idle_in_progress", 1),
            finding("high overloaded_person", "ann", in_progress=12, finished_last_4_weeks=3),
        ),
        ("overloaded_person:OQC-99", "idle_in_progress:OQC-1"),
    ),
    "a person who gets it done": Case(
        "Twelve in progress and thirty finished: leave her alone, ask about what stands still.",
        (
            finding("high overloaded_person", "ann", in_progress=12, finished_last_4_weeks=30),
            finding("high idle_in_progress", 1),
        ),
        ("idle_in_progress:OQC-1", "overloaded_person:OQC-99"),
    ),
    "the sprint doubled": Case(
        "The sprint cannot hold that; trim it before asking about idle work outside of it.",
        (finding("high idle_in_progress", 4), finding("high scope_creep", 1, 2, 3, sprint_id=31)),
        ("scope_creep:OQC-1", "idle_in_progress:OQC-4"),
        sprint=(1, 2, 3),
        priorities={2: LOW},
    ),
    "the sprint grew a little": Case(
        "Two more items are no drama; unblock first.",
        (finding("medium scope_creep", 1, 2, sprint_id=31), finding("high blocked", 3, 5)),
        ("blocked:OQC-3", "scope_creep:OQC-1"),
    ),
    "came back twice": Case(
        "Reopened twice: understand why, before the late backlog issue.",
        (finding("medium overdue", 1), finding("high reopened", 2)),
        ("reopened:OQC-2", "overdue:OQC-1"),
    ),
    "came back once": Case(
        "Once can happen; the date first.",
        (finding("medium reopened", 1), finding("medium overdue", 2)),
        ("overdue:OQC-2", "reopened:OQC-1"),
    ),
    "old conflict": Case(
        "People work on two truths since days: decide, before the idle one.",
        (finding("high idle_in_progress", 1), finding("high conflict_open", 2)),
        ("conflict_open:OQC-2", "idle_in_progress:OQC-1"),
        first_step=None,
    ),
    "fresh conflict": Case(
        "It is of this morning; what is late matters more.",
        (finding("medium conflict_open", 1), finding("high overdue", 2)),
        ("overdue:OQC-2", "conflict_open:OQC-1"),
    ),
    "epic without estimate": Case(
        "Estimate in the next planning; unblock today.",
        (finding("medium epic_without_estimate", 1), finding("medium blocked", 2, 5)),
        ("blocked:OQC-2", "epic_without_estimate:OQC-1"),
    ),
    "only planning work": Case(
        "Nothing burns: a good day to estimate.",
        (finding("low page_stale", 2), finding("low epic_without_estimate", 1)),
        ("epic_without_estimate:OQC-1", "page_stale:OQC-2"),
        first_step="add_label",
    ),
    "a blocker nobody knows": Case(
        "We do not even see whether it is done; do what is ours.",
        (finding("high blocks_many", 40, 3), finding("high blocked", 3, 40), finding("high overdue", 2)),
        ("overdue:OQC-2", "blocked:OQC-3", "blocks_many:OQC-40"),
    ),
    "blocker of the blocked": Case(
        "Ask where the work stands still for others, not the one who waits.",
        (finding("high blocked", 1, 2),),
        ("blocked:OQC-1",),
    ),
    "two circles": Case(
        "The circle that holds up ten, first.",
        (finding("high dependency_cycle", 1, 2), finding("high dependency_cycle", 3, 4)),
        ("dependency_cycle:OQC-3",),
        held_up={3: 10},
    ),
    "blocked by its own circle": Case(
        "That they block each other is said by the circle; do not say it again.",
        (
            finding("high blocked", 1, 2),
            finding("high blocked", 2, 1),
            finding("high blocked", 3, 4),
            finding("high dependency_cycle", 1, 2),
        ),
        ("dependency_cycle:OQC-1", "blocked:OQC-3"),
        held_up={4: 1},
    ),
    "late and blocked": Case(
        "It is late because it is blocked, and five more wait: the blocker.",
        (finding("high overdue", 1), finding("high blocked", 1, 2)),
        ("blocked:OQC-1", "overdue:OQC-1"),
        held_up={2: 6},
    ),
    "a full plate": Case(
        "Circle, blocker, dates, then people, then tidying up.",
        (
            finding("low page_stale", 9),
            finding("medium epic_without_estimate", 8),
            finding("medium overloaded_person", "ann", in_progress=7, finished_last_4_weeks=1),
            finding("high overdue", 4),
            finding("high blocked", 5, 3),
            finding("high blocks_many", 3, 5),
            finding("high dependency_cycle", 1, 2),
        ),
        ("blocks_many:OQC-3", "blocked:OQC-5", "dependency_cycle:OQC-1", "overdue:OQC-4", "overloaded_person:OQC-99"),
        held_up={3: 6},
        first_step="set_priority",
    ),
    "nothing wrong": Case("Leave the team alone.", (), ()),
}


def project_of(case: Case) -> WorkContext:
    numbers = sorted({int(key.rpartition("-")[2]) for risk in case.findings for key in risk.issue_keys} - {40})
    return a_context(
        risks=case.findings,
        issues=tuple(
            an_issue_brief(f"OQC-{number}", priority=case.priorities.get(number, "Medium")) for number in numbers
        ),
        sprints=(a_sprint(*(f"OQC-{n}" for n in case.sprint), end_on=date(2026, 3, 6)),) if case.sprint else (),
        blockers=Blockers(tuple(_roots(case.held_up)), (), (), 0, 0),
        workload=(a_load("ann", in_progress=3), a_load("bob")),
        people=(ANN, BOB, Person("eve", "Eve")),
    )


def _roots(held_up: Mapping[int, int]) -> Iterable[Blocker]:
    for number, count in held_up.items():
        yield Blocker(f"OQC-{number}", count, (), 1, None, ("OQC",), False, state_known=True)


def subject_of(suggestion: Suggestion, case: Case) -> str:
    (risk,) = (risk for risk in case.findings if risk.finding_id == suggestion.finding_ids[0])
    return f"{risk.kind}:{risk.issue_keys[0]}"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_first_suggestions_are_what_a_lead_would_say(case: Case) -> None:
    suggestions = rules_advice(project_of(case), WORDS).suggestions

    assert tuple(subject_of(suggestion, case) for suggestion in suggestions)[: len(case.top)] == case.top, case.lead
    if suggestions:
        assert next((action.kind for action in suggestions[0].actions), None) == case.first_step, case.lead


def test_given_a_blocked_issue_then_the_question_goes_to_the_blocker() -> None:
    (suggestion,) = rules_advice(project_of(CASES["blocker of the blocked"]), WORDS).suggestions

    assert suggestion.actions[0].issue_key == "OQC-2"
    assert suggestion.actions[0].value.startswith("OQC-1 waits for this.")


def test_given_a_sprint_that_grew_then_the_least_important_addition_is_asked_about_first() -> None:
    suggestion = rules_advice(project_of(CASES["the sprint doubled"]), WORDS).suggestions[0]

    assert suggestion.title == "Trim Sprint 31: work came in after the start"
    assert suggestion.actions[0].issue_key == "OQC-2"


def test_given_pressing_and_forgotten_findings_of_a_kind_then_only_the_pressing_ones_are_named() -> None:
    context = a_context(
        risks=(a_risk("blocked", "OQC-1", "OQC-5"), a_risk("blocked", "OQC-2", "OQC-5", severity="low")),
        issues=tuple(an_issue_brief(f"OQC-{number}") for number in (1, 2, 5)),
    )

    (suggestion,) = rules_advice(context, WORDS).suggestions

    assert suggestion.title == "Unblock OQC-1"
    assert suggestion.finding_ids == ("blocked:OQC-1",)
    assert suggestion.rationale.endswith("1 more that can wait.")
