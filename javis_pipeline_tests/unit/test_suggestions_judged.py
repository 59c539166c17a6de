"""What the rules say about some sixty small projects, against what a team lead would sign.

Each row is a project, what the lead says about it, and the suggestions expected at the top: the finding that leads, and
each step with the number of its issue.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, get_args

import pytest

from javis_pipeline.records.blockers import Blocker, Blockers, BlockingLink
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.forecast import Forecast
from javis_pipeline.records.people import Person, PersonLoad
from javis_pipeline.records.risk import Risk, RiskKind, Severity
from javis_pipeline.records.suggestion import Action, ActionKind, Suggestion, Vocabulary
from javis_pipeline.suggestions.rules import rules_advice
from javis_pipeline_tests.advice_laws import faults_of
from javis_pipeline_tests.contexts import ANN, BOB, a_context, a_load, a_risk, a_sprint, an_issue_brief

WORDS = Vocabulary(("Highest", "High", "Medium", "Low"), frozenset({"ann", "bob", "eve"}))
URGENT, HIGH, LOW = "Highest", "High", "Low"
STEPS: Mapping[ActionKind, str] = {
    "comment_draft": "ask",
    "set_due_date": "date",
    "set_priority": "raise",
    "assign": "give",
    "add_label": "label",
}


@dataclass(frozen=True)
class Case:
    """A project and what is expected of it.

    Attributes:
        lead: What the lead says.
        findings: As `finding` makes them; the context keeps their order.
        top: The first suggestions, as "kind step:number=value".
        sprint: Numbers of the issues that the running sprint still has to do.
        held_up: How many issues wait for an issue, by its number.
        links: Numbers of a blocker and of what it blocks, the oldest link first.
        on_time: Share of the futures in which the sprint ends in time; None without a forecast.
        issues: What is unusual about an issue, by its number. Usually it is not begun, nobody's and of medium priority.
        loads: The people at work.
    """

    lead: str
    findings: tuple[Risk, ...]
    top: tuple[str, ...]
    sprint: tuple[int, ...] = ()
    held_up: Mapping[int, int] = field(default_factory=dict)
    links: tuple[tuple[int, int], ...] = ()
    on_time: float | None = None
    issues: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    loads: tuple[PersonLoad, ...] = (a_load("ann", in_progress=3), a_load("bob"))


KINDS: Final[Mapping[str, RiskKind]] = {kind: kind for kind in get_args(RiskKind)}
SEVERITIES: Final[Mapping[str, Severity]] = {severity: severity for severity in get_args(Severity)}


def finding(what: str, *numbers: int | str, **evidence: int | str) -> Risk:
    """A finding out of "high overdue" and the numbers of its issues, or the id of a person and numbers."""
    severity, kind = SEVERITIES[what.split()[0]], KINDS[what.split()[1]]
    who, *others = numbers
    if isinstance(who, str):
        keys = [f"OQC-{number}" for number in others]
        return a_risk(kind, *keys, severity=severity, account_id=who, evidence=evidence, summary="one person has much")
    return a_risk(kind, *(f"OQC-{number}" for number in numbers), severity=severity, evidence=evidence)


CASES = {
    # One issue
    "one late issue": Case("It is late; ask.", (finding("high overdue", 1),), ("overdue ask:1",)),
    "late in the sprint": Case(
        "It is late, but the sprint still has days: commit to its end.",
        (finding("high overdue", 1),),
        ("overdue date:1=2026-03-06",),
        sprint=(1,),
    ),
    "late in a sprint that is fine": Case(
        "Eight of ten futures keep the sprint's end: that is a date.",
        (finding("high overdue", 1),),
        ("overdue date:1=2026-03-06",),
        sprint=(1, 2),
        on_time=0.8,
    ),
    "late in a sprint that is lost": Case(
        "Nobody believes in the sprint's end any more; ask for a date instead of naming one.",
        (finding("high overdue", 1),),
        ("overdue ask:1",),
        sprint=(1, 2),
        on_time=0.1,
    ),
    "late, and a page": Case(
        "Documents wait, deadlines do not; a page is told with the risks.",
        (finding("low page_stale", 2), finding("high overdue", 1)),
        ("overdue ask:1",),
    ),
    "due tomorrow": Case(
        "Due tomorrow beats untouched for weeks.",
        (finding("medium high_priority_untouched", 1), finding("high due_soon_not_started", 2)),
        ("due_soon_not_started give:2=bob", "high_priority_untouched give:1=bob"),
    ),
    "due tomorrow, and somebody has it": Case(
        "Eve has it: ask her, do not move it.",
        (finding("high due_soon_not_started", 1),),
        ("due_soon_not_started ask:1",),
        issues={1: {"assignee_id": "eve"}},
    ),
    "due and late to begin, one issue": Case(
        "Two findings, one issue: one word about it.",
        (finding("high due_soon_not_started", 1), finding("medium unassigned_in_sprint", 1)),
        ("due_soon_not_started give:1=bob",),
        sprint=(1,),
    ),
    "medium overdue, high idle": Case(
        "Work in progress that stands still costs more than a soft date.",
        (finding("medium overdue", 1), finding("high idle_in_progress", 2)),
        ("idle_in_progress ask:2", "overdue ask:1"),
    ),
    "idle and late": Case(
        "It stands still and is late: one question.",
        (finding("high overdue", 1), finding("medium idle_in_progress", 1)),
        ("overdue ask:1",),
        issues={1: {"status_category": "indeterminate", "assignee_id": "ann"}},
    ),
    "the sprint first": Case(
        "We promised the sprint; the rest of the backlog can be late a day longer.",
        (finding("high overdue", 1), finding("high overdue", 2)),
        ("overdue date:2=2026-03-06", "overdue ask:1"),
        sprint=(2,),
    ),
    "urgent before high": Case(
        "Of two untouched ones the urgent one.",
        (finding("medium high_priority_untouched", 1), finding("medium high_priority_untouched", 2)),
        ("high_priority_untouched give:2=bob", "high_priority_untouched give:1=bob"),
        issues={1: {"priority": HIGH}, 2: {"priority": URGENT}},
    ),
    "forgotten urgent": Case(
        "Nobody touched it for a year: it is not urgent, whatever it says. Ask, and give it to nobody.",
        (finding("low high_priority_untouched", 1), finding("medium idle_in_progress", 2)),
        ("idle_in_progress ask:2", "high_priority_untouched ask:1"),
        issues={1: {"priority": URGENT}},
    ),
    "came back twice": Case(
        "Reopened twice: understand why, before the late backlog issue.",
        (finding("medium overdue", 1), finding("high reopened", 2)),
        ("reopened ask:2", "overdue ask:1"),
    ),
    "came back once": Case(
        "Once can happen; the date first.",
        (finding("medium reopened", 1), finding("medium overdue", 2)),
        ("overdue ask:2", "reopened ask:1"),
    ),
    # Chains
    "blocker of the blocked": Case(
        "Begin what the other waits for: urgently, and by somebody.",
        (finding("high blocked", 1, 2),),
        ("blocked raise:2=High give:2=bob",),
    ),
    "the blocker is being worked on": Case(
        "Ann is at it; ask her what she needs, do not change it under her hands.",
        (finding("high blocked", 1, 2),),
        ("blocked ask:2",),
        issues={2: {"status_category": "indeterminate", "assignee_id": "ann"}},
    ),
    "the blocker is high already": Case(
        "Higher than high helps nobody; it needs a person.",
        (finding("high blocked", 1, 2),),
        ("blocked give:2=bob",),
        issues={2: {"priority": HIGH}},
    ),
    "the blocker is urgent already": Case(
        "And never lower it to High.",
        (finding("high blocked", 1, 2),),
        ("blocked ask:2",),
        issues={2: {"priority": URGENT, "assignee_id": "ann"}},
    ),
    "a chain of three": Case(
        "The last one in the chain is where something can be done.",
        (finding("high blocked", 1, 2), finding("high blocked", 2, 3)),
        ("blocked raise:3=High give:3=bob",),
        held_up={3: 2},
    ),
    "late and blocked": Case(
        "It is late because it is blocked, and five more wait: the blocker, and one word about both.",
        (finding("high overdue", 1), finding("high blocked", 1, 2)),
        ("blocked raise:2=High give:2=bob",),
        held_up={2: 6},
    ),
    "nobody's, and blocked": Case(
        "Giving it to somebody helps nothing while it waits.",
        (finding("high unassigned_in_sprint", 1), finding("medium blocked", 1, 2)),
        ("unassigned_in_sprint raise:2=High give:2=bob",),
        sprint=(1,),
    ),
    "blocked in the sprint": Case(
        "What stops the sprint comes before a backlog blocker of the same weight.",
        (finding("high blocked", 1, 5), finding("high blocked", 2, 6)),
        ("blocked raise:6=High give:6=bob", "blocked raise:5=High give:5=bob"),
        sprint=(2,),
    ),
    "one issue holds up eight": Case(
        "Eight wait for it: more than one late issue.",
        (finding("high overdue", 2), finding("high blocks_many", 1, 3), finding("high blocked", 3, 1)),
        ("blocks_many raise:1=High give:1=bob", "overdue ask:2"),
        held_up={1: 8},
    ),
    "what waits is forgotten": Case(
        "Everything behind it is years old; the late one matters, and nothing is raised for it.",
        (finding("high blocks_many", 1, 3), finding("low blocked", 3, 1), finding("high overdue", 2)),
        ("overdue ask:2", "blocks_many ask:1"),
        held_up={1: 3},
    ),
    "blocked everywhere": Case(
        "Six wait for two: two words, not six.",
        tuple(finding("high blocked", number, 20 + number % 2) for number in range(1, 7)),
        ("blocked raise:21=High give:21=bob", "blocked raise:20=High give:20=bob"),
        held_up={20: 3, 21: 3},
    ),
    "a blocker nobody knows": Case(
        "We do not even see whether it is done: ask, and do what is ours first.",
        (finding("high blocks_many", 40, 3), finding("high blocked", 3, 40), finding("high overdue", 2)),
        ("overdue ask:2", "blocked ask:3"),
    ),
    "only a blocker nobody knows": Case(
        "Two wait for something elsewhere: ask once whether it is done.",
        (finding("medium blocker_not_synced", 40, 1, 2),),
        ("blocker_not_synced ask:1",),
    ),
    "a flag": Case(
        "Somebody raised a flag: ask what is in the way.",
        (finding("high blocked", 1),),
        ("blocked ask:1",),
        issues={1: {"status_category": "indeterminate", "assignee_id": "eve"}},
    ),
    "blocked by what is new, with imported priorities": Case(
        "Nobody knows how P4 ranks, so nothing is raised.",
        (finding("high blocked", 1, 2),),
        ("blocked give:2=bob",),
        issues={1: {"priority": "P2 (old)"}, 2: {"priority": "P4 (old)"}},
    ),
    # Circles
    "circle before all": Case(
        "Nothing in a circle can ever be done; cut it first.",
        (finding("high overdue", 3), finding("high blocked", 4, 5), finding("high dependency_cycle", 1, 2)),
        ("dependency_cycle ask:1", "overdue ask:3", "blocked raise:5=High give:5=bob"),
    ),
    "two circles": Case(
        "The circle that holds up ten, first.",
        (finding("high dependency_cycle", 1, 2), finding("high dependency_cycle", 3, 4)),
        ("dependency_cycle ask:3", "dependency_cycle ask:1"),
        held_up={3: 10},
    ),
    "the youngest link": Case(
        "The circle was closed by the last link: that one goes.",
        (finding("high dependency_cycle", 1, 2, 3),),
        ("dependency_cycle ask:2",),
        links=((2, 3), (3, 1), (1, 2)),
    ),
    "blocked by its own circle": Case(
        "That they block each other is said by the circle; do not say it again.",
        (
            finding("high blocked", 1, 2),
            finding("high blocked", 2, 1),
            finding("high blocked", 3, 4),
            finding("high dependency_cycle", 1, 2),
        ),
        ("dependency_cycle ask:1", "blocked raise:4=High give:4=bob"),
        held_up={4: 1},
    ),
    "behind a circle": Case(
        "What waits behind the circle moves when that is cut.",
        (finding("high blocked", 3, 1), finding("high dependency_cycle", 1, 2), finding("high overdue", 3)),
        ("dependency_cycle ask:1",),
    ),
    # Sprints
    "nobody's, two days left": Case(
        "Find somebody today.",
        (finding("high unassigned_in_sprint", 1), finding("medium reopened", 2)),
        ("unassigned_in_sprint give:1=bob", "reopened ask:2"),
        sprint=(1,),
    ),
    "nobody's, sprint just begun": Case(
        "There is time; the late one first.",
        (finding("medium unassigned_in_sprint", 1), finding("high overdue", 2)),
        ("overdue ask:2", "unassigned_in_sprint give:1=bob"),
        sprint=(1,),
    ),
    "the sprint doubled": Case(
        "The sprint cannot hold that; trim it before asking about idle work outside of it.",
        (finding("high idle_in_progress", 4), finding("high scope_creep", 1, 2, 3, sprint_id=31)),
        ("scope_creep ask:2 ask:1 ask:3", "idle_in_progress ask:4"),
        sprint=(1, 2, 3),
        issues={2: {"priority": LOW}},
    ),
    "the sprint grew a little": Case(
        "Two more items are no drama; unblock first.",
        (finding("medium scope_creep", 1, 2, sprint_id=31), finding("high blocked", 3, 5)),
        ("blocked raise:5=High give:5=bob", "scope_creep ask:1 ask:2"),
    ),
    "the sprint is lost": Case(
        "Take out what is not begun, the least important first; keep what is urgent or due.",
        (finding("high sprint_off_track", 1, 2, 3, 4, 5, sprint_id=31),),
        ("sprint_off_track ask:5 ask:2",),
        sprint=(1, 2, 3, 4, 5),
        on_time=0.02,
        issues={
            1: {"status_category": "indeterminate", "assignee_id": "ann"},
            3: {"priority": URGENT},
            4: {"due_date": date(2026, 3, 5)},
            5: {"priority": LOW},
        },
    ),
    "the sprint is lost, all begun": Case(
        "Everything is begun; there is nothing to take out, and no empty advice.",
        (finding("high sprint_off_track", 1, 2, sprint_id=31), finding("medium reopened", 3)),
        ("reopened ask:3",),
        sprint=(1, 2),
        on_time=0.02,
        issues={number: {"status_category": "indeterminate", "assignee_id": "ann"} for number in (1, 2)},
    ),
    "the sprint is lost and has an orphan": Case(
        "It goes out of the sprint; do not look for somebody at the same time.",
        (finding("high sprint_off_track", 1, 2, sprint_id=31), finding("medium unassigned_in_sprint", 2)),
        ("sprint_off_track ask:2",),
        sprint=(1, 2),
        on_time=0.02,
        issues={1: {"status_category": "indeterminate", "assignee_id": "ann"}},
    ),
    "the sprint is lost and what is left holds up others": Case(
        "What others wait for stays in.",
        (finding("high sprint_off_track", 1, 2, sprint_id=31),),
        ("sprint_off_track ask:1",),
        sprint=(1, 2),
        links=((2, 9),),
        on_time=0.02,
    ),
    "lost and grown": Case(
        "Late because it grew: one word about the sprint.",
        (finding("high sprint_off_track", 1, 2, sprint_id=31), finding("high scope_creep", 2, sprint_id=31)),
        ("sprint_off_track ask:1 ask:2",),
        sprint=(1, 2),
        on_time=0.02,
    ),
    # People
    "a person drowns": Case(
        "Ann has twelve things in progress and finishes three: help her before asking about single items.",
        (
            finding("medium idle_in_progress", 1),
            finding("high overloaded_person", "ann", 2, 3, in_progress=12, finished_last_4_weeks=3),
        ),
        ("overloaded_person ask:2", "idle_in_progress ask:1"),
    ),
    "a person drowns, and the sprint has something to give away": Case(
        "Three of the sprint is hers and not begun: Bob takes it.",
        (finding("high overloaded_person", "ann", 2, in_progress=12, finished_last_4_weeks=3),),
        ("overloaded_person give:3=bob",),
        sprint=(2, 3),
        issues={2: {"status_category": "indeterminate", "assignee_id": "ann"}, 3: {"assignee_id": "ann"}},
    ),
    "a person drowns in work that waits": Case(
        "What waits stays where it is: moving it helps nobody.",
        (
            finding("high overloaded_person", "ann", 2, in_progress=12, finished_last_4_weeks=3),
            finding("medium blocked", 3, 4),
        ),
        ("overloaded_person ask:2", "blocked raise:4=High give:4=bob"),
        sprint=(2, 3),
        issues={2: {"status_category": "indeterminate", "assignee_id": "ann"}, 3: {"assignee_id": "ann"}},
    ),
    "a person who gets it done": Case(
        "Twelve in progress and thirty finished: leave her alone, ask about what stands still.",
        (
            finding("high overloaded_person", "ann", 2, in_progress=12, finished_last_4_weeks=30),
            finding("high idle_in_progress", 1),
        ),
        ("idle_in_progress ask:1", "overloaded_person ask:2"),
    ),
    "nobody is free": Case(
        "Both drown; give nothing to either.",
        (
            finding("high overloaded_person", "ann", 2, in_progress=12, finished_last_4_weeks=3),
            finding("high overloaded_person", "bob", 3, in_progress=12, finished_last_4_weeks=3),
            finding("high unassigned_in_sprint", 1),
        ),
        ("unassigned_in_sprint ask:1", "overloaded_person ask:2", "overloaded_person ask:3"),
        sprint=(1,),
    ),
    "one person team": Case(
        "There is nobody to give it to: ask.",
        (finding("high unassigned_in_sprint", 1), finding("high due_soon_not_started", 2)),
        ("unassigned_in_sprint ask:1", "due_soon_not_started ask:2"),
        sprint=(1,),
        loads=(),
    ),
    "one has most of it": Case(
        "Ann has it all: Bob takes what she has not begun.",
        (finding("medium held_by_one", "ann", 1, 2, held=6, items=7),),
        ("held_by_one give:2=bob",),
        sprint=(1, 2),
        issues={1: {"status_category": "indeterminate", "assignee_id": "ann"}, 2: {"assignee_id": "ann"}},
    ),
    "who knows the component": Case(
        "Ann has more to do, but she knows the lamp.",
        (finding("high due_soon_not_started", 1),),
        ("due_soon_not_started give:1=ann",),
        issues={1: {"components": ("Lamp",)}},
        loads=(a_load("ann", in_progress=2, components=("Lamp",)), a_load("bob", in_progress=1)),
    ),
    "who knows the component drowns nearly": Case(
        "Knowing the lamp is not worth five issues more.",
        (finding("high due_soon_not_started", 1),),
        ("due_soon_not_started give:1=bob",),
        issues={1: {"components": ("Lamp",)}},
        loads=(a_load("ann", in_progress=5, components=("Lamp",)), a_load("bob", in_progress=0)),
    ),
    # Epics, planning, what has no step
    "epic late": Case(
        "Ask what can be left out; nobody moves the date alone.",
        (finding("high epic_late", 1, p85_on="2026-05-28"),),
        ("epic_late ask:1",),
    ),
    "epic without estimate": Case(
        "Estimate in the next planning; unblock today.",
        (finding("medium epic_without_estimate", 1), finding("medium blocked", 2, 5)),
        ("blocked raise:5=High give:5=bob", "epic_without_estimate label:1=needs-estimate"),
    ),
    "only planning work": Case(
        "Nothing burns: a good day to estimate.",
        (finding("low page_stale", 2), finding("low epic_without_estimate", 1)),
        ("epic_without_estimate label:1=needs-estimate",),
    ),
    "a conflict": Case(
        "Decided where both values are shown, with its own buttons; here it is only in the way.",
        (finding("high idle_in_progress", 1), finding("high conflict_open", 2)),
        ("idle_in_progress ask:1",),
    ),
    "asleep": Case("The project sleeps; there is nobody to nag.", (a_risk("asleep", severity="low"),), ()),
    "severe before many": Case(
        "Twelve small things do not make a big one, and three of them are enough.",
        (*(finding("low idle_in_progress", n) for n in range(2, 14)), finding("high overdue", 1)),
        ("overdue ask:1", "idle_in_progress ask:2", "idle_in_progress ask:3", "idle_in_progress ask:4"),
    ),
    "a full plate": Case(
        "Blocker, circle, dates, then people, then tidying up.",
        (
            finding("low page_stale", 9),
            finding("medium epic_without_estimate", 8),
            finding("medium overloaded_person", "ann", 7, in_progress=7, finished_last_4_weeks=1),
            finding("high overdue", 4),
            finding("high blocked", 5, 3),
            finding("high blocks_many", 3, 5),
            finding("high dependency_cycle", 1, 2),
        ),
        (
            "blocks_many raise:3=High give:3=bob",
            "dependency_cycle ask:1",
            "overdue ask:4",
            "overloaded_person ask:7",
            "epic_without_estimate label:8=needs-estimate",
        ),
        held_up={3: 6},
    ),
    "nothing wrong": Case("Leave the team alone.", (), ()),
}


def project_of(case: Case) -> WorkContext:
    """The context that a case speaks of."""
    named = {int(key.rpartition("-")[2]) for risk in case.findings for key in risk.issue_keys}
    numbers = sorted((named | set(case.sprint) | set(case.issues) | {n for link in case.links for n in link}) - {40})
    links = [
        BlockingLink(blocker_key=f"OQC-{a}", blocked_key=f"OQC-{b}", crosses_projects=False, number=100 + place)
        for place, (a, b) in enumerate(case.links)
    ]
    return a_context(
        risks=case.findings,
        issues=tuple(an_issue_brief(f"OQC-{number}", **case.issues.get(number, {})) for number in numbers),
        sprints=(a_sprint(*(f"OQC-{n}" for n in case.sprint), end_on=date(2026, 3, 6)),) if case.sprint else (),
        blockers=Blockers(roots=tuple(_roots(case.held_up)), cycles=(), links=tuple(links), blocked=0, deepest=0),
        workload=case.loads,
        people=(ANN, BOB, Person("eve", "Eve")),
        forecasts=() if case.on_time is None else (_forecast(case),),
    )


def _roots(held_up: Mapping[int, int]) -> Iterable[Blocker]:
    for number, count in held_up.items():
        yield Blocker(
            key=f"OQC-{number}",
            held_up=count,
            held_up_keys=(),
            depth=1,
            held_up_points=None,
            projects=("OQC",),
            is_outside=False,
            state_known=True,
        )


def _forecast(case: Case) -> Forecast:
    left, end = len(case.sprint), date(2026, 3, 6)
    return Forecast("sprint:31", left, end, end, end, end, case.on_time, "", 1.0)


def shown(suggestion: Suggestion) -> str:
    """A suggestion as the cases write it."""
    return " ".join([suggestion.kind, *map(_step, suggestion.actions)])


def _step(action: Action) -> str:
    number = action.issue_key.rpartition("-")[2]
    value = "" if action.kind == "comment_draft" else f"={action.value}"
    return f"{STEPS[action.kind]}:{number}{value}"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_first_suggestions_are_what_a_lead_would_sign(case: Case) -> None:
    suggestions = rules_advice(project_of(case), WORDS).suggestions

    assert tuple(map(shown, suggestions))[: len(case.top)] == case.top, case.lead
    assert bool(suggestions) == bool(case.top)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_no_suggestion_says_what_advice_never_says(case: Case) -> None:
    context = project_of(case)

    assert faults_of(rules_advice(context, WORDS), context, WORDS) == []
