"""The rules engine: the same findings, ranked and turned into steps without a model.

Deterministic: the same context gives the same suggestions in the same order. It answers when there is no API key, and
in Claude's place when the call fails; wherever its suggestions are shown, they are labelled as the rules'.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from math import log2
from typing import Final

from javis_pipeline.records.context import SPRINT_KINDS, IssueBrief, PersonLoad, Risk, RiskKind, Severity, WorkContext
from javis_pipeline.records.suggestion import Action, ActionKind, Advice, Suggestion, Vocabulary
from javis_pipeline.suggestions.grounding import RATIONALE_LENGTH, TITLE_LENGTH, cleaned, seen_values

MOST_SUGGESTIONS = 8
FINDINGS_PER_SUGGESTION = 5
ISSUES_PER_PERSON = 2
ISSUES_TO_TRIM = 3

# The more severe finding counts twice as much as the next; within a severity, what holds up others comes first.
SEVERITY_WEIGHT: Final[dict[Severity, float]] = {"high": 4.0, "medium": 2.0, "low": 1.0}
# How surely acting on a finding of that severity helps; the rules know nothing more.
CONFIDENCE: Final[dict[Severity, float]] = {"high": 0.9, "medium": 0.7, "low": 0.5}
SPRINT_BONUS = 1.0
# Of two chains that hold up much, the longer one is not twice as urgent.
MOST_HELD_UP_BONUS = 3.0
TOP_PRIORITY_BONUS = 0.5
_STEP_LOWER: Final[dict[Severity, Severity]] = {"high": "medium", "medium": "low", "low": "low"}
KIND_WEIGHT: Final[dict[RiskKind, float]] = {
    "dependency_cycle": 1.5,
    "sprint_off_track": 1.4,
    "epic_late": 1.2,
    "blocks_many": 1.4,
    "overdue": 1.3,
    "blocked": 1.2,
    "conflict_open": 1.1,
    "due_soon_not_started": 1.1,
    "high_priority_untouched": 1.1,
    "unassigned_in_sprint": 1.0,
    "scope_creep": 1.0,
    "overloaded_person": 1.0,
    "held_by_one": 0.8,
    "idle_in_progress": 0.9,
    "reopened": 0.9,
    "epic_without_estimate": 0.6,
    "page_stale": 0.5,
    "blocker_not_synced": 0.5,
    "asleep": 0.4,
}


def rules_advice(context: WorkContext, vocabulary: Vocabulary, *, notes: tuple[str, ...] = ()) -> Advice:
    """At most `MOST_SUGGESTIONS` suggestions for a context (narrowed to what they may speak of), best first.

    Findings of one kind become one suggestion that names the worst `FINDINGS_PER_SUGGESTION` of them, so that twelve
    unassigned issues do not crowd out the one blocker.
    """
    advisor = _Advisor(context, vocabulary)
    # Of equal findings the one comes first that the context, too, has first.
    risks = [risk for risk in context.risks if not advisor.is_told_by_circle(risk)]
    by_score = sorted(risks, key=advisor.score, reverse=True)
    groups: dict[RiskKind, list[Risk]] = {}
    for risk in by_score:
        groups.setdefault(risk.kind, []).append(risk)
    suggestions = tuple(advisor.suggestion(group) for group in islice(groups.values(), MOST_SUGGESTIONS))
    return Advice("rules", None, suggestions, notes=notes)


class _Advisor:
    """Makes suggestions from findings of one context, one after the other: whom one gives work, the next one knows."""

    def __init__(self, context: WorkContext, vocabulary: Vocabulary) -> None:
        self._context = context
        self._vocabulary = vocabulary
        self._issues = {issue.key: issue for issue in context.issues}
        self._names = {person.account_id: person.display_name for person in context.people}
        self._in_sprint = {key for sprint in context.sprints for key in sprint.remaining_keys}
        self._held_up = {root.key: root.held_up for root in context.blockers.roots}
        self._overloaded = {risk.account_id for risk in context.risks if risk.kind == "overloaded_person"}
        self._circles = [set(risk.issue_keys) for risk in context.risks if risk.kind == "dependency_cycle"]
        self._pressing = {
            risk.issue_keys[0] for risk in context.risks if risk.kind == "blocked" and risk.severity != "low"
        }
        self._told_by_circle = Counter(risk.kind for risk in context.risks if self.is_told_by_circle(risk))
        self._given: Counter[str] = Counter()
        self._acted: set[tuple[ActionKind, str]] = set()

    def score(self, risk: Risk) -> float:
        """How much acting on this finding is worth: severity, kind, the work it holds up, the sprint, the priority."""
        held_up = max((self._held_up.get(key, 0) for key in risk.issue_keys), default=0)
        if risk.kind == "dependency_cycle":
            held_up = max(held_up, len(risk.issue_keys))
        in_sprint = SPRINT_BONUS if self._in_sprint.intersection(risk.issue_keys[:1]) else 0.0
        subject = self._subject(risk)
        top = TOP_PRIORITY_BONUS if subject and subject.priority in self._vocabulary.priorities[:1] else 0.0
        bonus = min(log2(1 + held_up), MOST_HELD_UP_BONUS) + in_sprint + top
        return SEVERITY_WEIGHT[self.severity(risk)] * (KIND_WEIGHT[risk.kind] + bonus / 4)

    def is_told_by_circle(self, risk: Risk) -> bool:
        """Whether the finding says of an issue that it is blocked by others of its circle only."""
        return risk.kind == "blocked" and any(circle.issuperset(risk.issue_keys) for circle in self._circles)

    def severity(self, risk: Risk) -> Severity:
        """The finding's severity, a step lower where the rest of the context says that it does not press.

        That is so for a blocker when all that waits for it can wait, or when nobody knows whether it is done already,
        and for somebody with a lot in progress who finishes as much in four weeks.
        """
        match risk.kind:
            case "blocks_many":
                calm = self._subject(risk) is None or not self._pressing.intersection(risk.issue_keys)
            case "overloaded_person":
                calm = _number(risk, "finished_last_4_weeks") >= max(_number(risk, "in_progress"), 1)
            case _:
                calm = False
        return _STEP_LOWER[risk.severity] if calm else risk.severity

    def suggestion(self, group: Sequence[Risk]) -> Suggestion:
        """One suggestion for findings of one kind, the worst first."""
        kind, severity = group[0].kind, self.severity(group[0])
        # What can wait would only dilute what presses.
        pressing = [risk for risk in group if severity == "low" or self.severity(risk) != "low"]
        shown = pressing[:FINDINGS_PER_SUGGESTION]
        actions = [action for risk in shown for action in self._actions(risk)]
        keys = dict.fromkeys(key for risk in shown for key in risk.issue_keys[:1])
        for risk in shown:
            keys |= dict.fromkeys(risk.issue_keys)
        for action in actions:
            keys.setdefault(action.issue_key)
        more = max(self._context.total(kind) - self._told_by_circle[kind], len(group)) - len(shown)
        rest = "that can wait" if shown == pressing and severity != "low" else "like this"
        reasons = [*map(self._reason, shown), *([f"{more} more {rest}."] if more else [])]
        return Suggestion(
            kind=kind,
            title=cleaned(_TITLES[kind].format(subjects=self._subjects(shown)), TITLE_LENGTH),
            rationale=cleaned(" ".join(reasons), RATIONALE_LENGTH),
            issue_keys=tuple(key for key in keys if key in self._issues)[: 2 * FINDINGS_PER_SUGGESTION],
            finding_ids=tuple(risk.finding_id for risk in shown),
            actions=tuple(actions),
            confidence=CONFIDENCE[severity],
        )

    def _reason(self, risk: Risk) -> str:
        """The finding's summary as a sentence, with the name of the person whom it does not name."""
        summary = risk.summary.rstrip(".")
        if risk.account_id is not None:
            summary = summary.replace("one person", self._subject_words(risk), 1)
        return f"{summary[:1].upper()}{summary[1:]}."

    def _actions(self, risk: Risk) -> Iterator[Action]:
        """Steps for a finding, without what an earlier suggestion does to the same issue."""
        for action in _ACTIONS[risk.kind](self, risk):
            if (action.kind, action.issue_key) not in self._acted:
                self._acted.add((action.kind, action.issue_key))
                if action.kind == "assign":
                    self._given[action.value] += 1
                yield action

    def _subjects(self, risks: Sequence[Risk]) -> str:
        """What the findings are about, in words: the issues, people, pages or sprints."""
        kind = risks[0].kind
        if kind == "dependency_cycle" and len(risks) == 1:
            keys = risks[0].issue_keys
            return _listed([*keys[:4], "others"] if len(keys) > 4 else keys)
        return _listed([self._subject_words(risk) for risk in risks])

    def _subject_words(self, risk: Risk) -> str:
        if risk.account_id is not None:
            return cleaned(self._names.get(risk.account_id, "one person"), 40)
        if risk.kind in SPRINT_KINDS:
            names = (each.name for each in self._context.sprints if each.sprint_id == risk.evidence.get("sprint_id"))
            return cleaned(next(names, "the sprint"), 40)
        if risk.page_ids:
            titles = {page.page_id: page.title for page in self._context.pages}
            title = titles.get(risk.page_ids[0])
            return f"“{cleaned(title, 40)}”" if title else f"page {risk.page_ids[0]}"
        return risk.issue_keys[0] if risk.issue_keys else "the project"

    def raise_priority(self, risk: Risk) -> Iterable[Action]:
        """Set the subject to the second-highest priority, when it is below that."""
        issue, ranked = self._subject(risk), self._vocabulary.priorities
        if issue and ranked and self._is_ours(issue) and issue.priority not in ranked[:2]:
            yield _action("set_priority", issue, ranked[min(1, len(ranked) - 1)])

    def assign_someone(self, risk: Risk) -> Iterable[Action]:
        """Give the subject to whoever has the least in progress, when nobody has it."""
        issue, person = self._subject(risk), self._free_person()
        if issue and person and self._is_ours(issue) and issue.assignee_id is None:
            yield _action("assign", issue, person.account_id)

    def hand_over(self, risk: Risk) -> Iterable[Action]:
        """Give somebody else an issue of the sprint that the person has not begun; else ask about the idlest one."""
        person = self._free_person()
        waiting = [
            issue
            for issue in self._context.issues
            if issue.assignee_id == risk.account_id
            and issue.status_category == "new"
            and issue.key in self._in_sprint
            and self._is_ours(issue)
        ]
        if person and waiting:
            yield _action("assign", waiting[0], person.account_id)
        else:
            yield from self.ask(risk)

    def move_due_date(self, risk: Risk) -> Iterable[Action]:
        """Set the due date to the end of the running sprint that the subject is in; else ask for a date."""
        issue, today = self._subject(risk), self._context.today
        for sprint in self._context.sprints:
            if issue and issue.key in sprint.remaining_keys and sprint.end_on and sprint.end_on >= today:
                yield _action("set_due_date", issue, sprint.end_on.isoformat())
                return
        yield from self.ask(risk)

    def ask_blocker(self, risk: Risk) -> Iterable[Action]:
        """Draft a comment on the first blocker that is known; on the blocked issue when there is none."""
        blockers = [self._issues[key] for key in risk.issue_keys[1:] if key in self._issues]
        if blockers:
            yield _action("comment_draft", blockers[0], f"{risk.issue_keys[0]} waits for this. {_QUESTIONS['blocked']}")
        else:
            yield from self.ask(risk)

    def ask_about_leaving(self, risk: Risk) -> Iterable[Action]:
        """Draft comments on the issues that can leave the sprint most easily: not begun, of the least priority."""
        ranks = {name: rank for rank, name in enumerate(self._vocabulary.priorities)}
        named = [self._issues[key] for key in risk.issue_keys if key in self._issues]
        waiting = [issue for issue in named if issue.status_category == "new"]
        waiting.sort(key=lambda issue: -ranks.get(issue.priority or "", len(ranks)))
        for issue in waiting[:ISSUES_TO_TRIM]:
            yield _action("comment_draft", issue, _QUESTIONS[risk.kind])

    def ask(self, risk: Risk) -> Iterable[Action]:
        """Draft a comment that asks what the lead would ask."""
        issue = self._subject(risk)
        if issue:
            yield _action("comment_draft", issue, _QUESTIONS[risk.kind])

    def label_needs_estimate(self, risk: Risk) -> Iterable[Action]:
        """Mark the subject, so that it can be found in the next planning."""
        issue = self._subject(risk)
        if issue and self._is_ours(issue):
            yield _action("add_label", issue, "needs-estimate")

    def _subject(self, risk: Risk) -> IssueBrief | None:
        return self._issues.get(risk.issue_keys[0]) if risk.issue_keys else None

    def _is_ours(self, issue: IssueBrief) -> bool:
        return issue.key.rpartition("-")[0] == self._context.project_key

    def _free_person(self) -> PersonLoad | None:
        """Who has the least to do of those who are at work on the project; nobody who has too much already."""
        at_work = [
            load
            for load in self._context.workload
            if load.account_id in self._vocabulary.account_ids
            and load.account_id in self._names
            and load.account_id not in self._overloaded
            and self._given[load.account_id] < ISSUES_PER_PERSON
            and (load.finished_last_4_weeks or load.in_sprint or load.in_progress)
        ]
        return min(
            at_work,
            key=lambda load: (load.in_progress + self._given[load.account_id], load.open, load.account_id),
            default=None,
        )


def _action(kind: ActionKind, issue: IssueBrief, value: str) -> Action:
    return Action(kind, issue.key, value, seen_values(kind, issue))


def _number(risk: Risk, name: str) -> float:
    return float(risk.evidence.get(name, 0))


def _listed(subjects: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(subjects))
    return " and ".join([", ".join(distinct[:-1]), distinct[-1]] if len(distinct) > 1 else distinct)


def _nothing(_: _Advisor, __: Risk) -> Iterable[Action]:
    return ()


def _assign_or_ask(advisor: _Advisor, risk: Risk) -> Iterable[Action]:
    return [*advisor.assign_someone(risk)] or advisor.ask(risk)


_TITLES: Final[dict[RiskKind, str]] = {
    "overdue": "Finish or re-plan what is past its due date: {subjects}",
    "due_soon_not_started": "Start what is due within days: {subjects}",
    "blocked": "Unblock {subjects}",
    "blocks_many": "Do what other work waits for: {subjects}",
    "idle_in_progress": "Ask about work in progress that stands still: {subjects}",
    "unassigned_in_sprint": "Find someone for issues of the sprint: {subjects}",
    "high_priority_untouched": "Start or downgrade what has a high priority: {subjects}",
    "overloaded_person": "Take work off {subjects}",
    "scope_creep": "Trim {subjects}: work came in after the start",
    "epic_without_estimate": "Estimate {subjects}",
    "dependency_cycle": "Cut the circle of issues that wait for each other: {subjects}",
    "reopened": "Find out why work came back: {subjects}",
    "conflict_open": "Decide what Jira and the database disagree about: {subjects}",
    "page_stale": "Update {subjects}",
    "blocker_not_synced": "Find out whether work elsewhere is done: {subjects}",
    "held_by_one": "Spread what {subjects} has",
    "sprint_off_track": "Take work out of {subjects}: it does not fit",
    "epic_late": "Cut or re-plan what will be late: {subjects}",
    "asleep": "Close or revive {subjects}",
}
_QUESTIONS: Final[dict[RiskKind, str]] = {
    "overdue": "This is past its due date. What is left, and which date is realistic?",
    "blocked": "What does it take to remove this obstacle, and who can do it?",
    "blocks_many": "Other work waits for this. What is left, and who can help?",
    "idle_in_progress": "There was no movement here for a while. Is something in the way?",
    "high_priority_untouched": "This has a high priority and nobody started it. Is the priority still right?",
    "due_soon_not_started": "This is due soon and not started. Can it still make the date?",
    "unassigned_in_sprint": "This is in the sprint and nobody has it. Who takes it, or can it leave the sprint?",
    "overloaded_person": "There is a lot in progress at once. Can this wait, or go to somebody else?",
    "dependency_cycle": "The blocking links here go round in a circle. Which one can be removed?",
    "reopened": "This was finished and came back. What did the first attempt miss?",
    "scope_creep": "This came into the sprint after it began. Can it leave again?",
    "held_by_one": "One person has most of the open work. Can this go to somebody else?",
    "sprint_off_track": "The sprint holds more than its time allows. Can this leave it?",
    "epic_late": "At the present pace this will be done after its due date. What can be left out, or which date holds?",
}
_ACTIONS: Final[dict[RiskKind, Callable[[_Advisor, Risk], Iterable[Action]]]] = {
    "overdue": _Advisor.move_due_date,
    "due_soon_not_started": _assign_or_ask,
    "blocked": _Advisor.ask_blocker,
    "blocks_many": lambda advisor, risk: (
        [*advisor.raise_priority(risk), *advisor.assign_someone(risk)] or advisor.ask(risk)
    ),
    "idle_in_progress": _Advisor.ask,
    "unassigned_in_sprint": _assign_or_ask,
    "high_priority_untouched": _assign_or_ask,
    "overloaded_person": _Advisor.hand_over,
    "scope_creep": _Advisor.ask_about_leaving,
    "epic_without_estimate": _Advisor.label_needs_estimate,
    "dependency_cycle": _Advisor.ask,
    "reopened": _Advisor.ask,
    "conflict_open": _nothing,
    "page_stale": _nothing,
    "blocker_not_synced": _nothing,
    "held_by_one": _Advisor.hand_over,
    "sprint_off_track": _Advisor.ask_about_leaving,
    "epic_late": _Advisor.ask,
    "asleep": _nothing,
}
