"""The rules engine: the same findings, ranked and turned into steps without a model.

Deterministic: the same context gives the same suggestions in the same order. It answers when there is no API key, and
in Claude's place when the call fails; wherever its suggestions are shown, they are labelled as the rules'.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from math import log2
from typing import Final
from zoneinfo import ZoneInfo

from javis_pipeline.records.context import SEVERITY_ORDER, IssueBrief, PersonLoad, Risk, RiskKind, Severity, WorkContext
from javis_pipeline.records.suggestion import Action, ActionKind, Advice, Suggestion, Vocabulary
from javis_pipeline.suggestions.grounding import RATIONALE_LENGTH, cleaned, seen_values

MOST_SUGGESTIONS = 8
ISSUES_PER_SUGGESTION = 5

# The more severe finding counts twice as much as the next; within a severity, what holds up others comes first.
SEVERITY_WEIGHT: Final[dict[Severity, float]] = {"high": 4.0, "medium": 2.0, "low": 1.0}
# How surely acting on a finding of that severity helps; the rules know nothing more.
CONFIDENCE: Final[dict[Severity, float]] = {"high": 0.9, "medium": 0.7, "low": 0.5}
SPRINT_BONUS = 1.0
KIND_WEIGHT: Final[dict[RiskKind, float]] = {
    "dependency_cycle": 1.5,
    "blocks_many": 1.4,
    "blocked": 1.2,
    "overdue": 1.2,
    "conflict_open": 1.1,
    "high_priority_untouched": 1.1,
    "scope_creep": 1.0,
    "overloaded_person": 1.0,
    "due_soon_not_started": 1.0,
    "idle_in_progress": 0.9,
    "unassigned_in_sprint": 0.9,
    "reopened": 0.7,
    "epic_without_estimate": 0.6,
    "page_stale": 0.5,
}


def rules_advice(context: WorkContext, vocabulary: Vocabulary, *, notes: tuple[str, ...] = ()) -> Advice:
    """At most `MOST_SUGGESTIONS` suggestions for a context (narrowed to what they may speak of), best first.

    Findings of one kind and severity become one suggestion about at most `ISSUES_PER_SUGGESTION` of them, so that
    twelve unassigned issues do not crowd out the one blocker.
    """
    advisor = _Advisor(context, vocabulary)
    by_kind = sorted(context.risks, key=lambda risk: (risk.kind, SEVERITY_ORDER[risk.severity]))
    groups = [list(group) for _, group in groupby(by_kind, key=lambda risk: (risk.kind, risk.severity))]
    ranked = sorted(groups, key=lambda group: (-max(map(advisor.score, group)), group[0].finding_id))
    suggestions = tuple(advisor.suggestion(group) for group in ranked[:MOST_SUGGESTIONS])
    return Advice("rules", None, suggestions, notes=notes)


class _Advisor:
    """Makes suggestions from findings of one context."""

    def __init__(self, context: WorkContext, vocabulary: Vocabulary) -> None:
        self._context = context
        self._vocabulary = vocabulary
        self._issues = {issue.key: issue for issue in context.issues}
        self._names = {person.account_id: person.display_name for person in context.people}
        self._in_sprint = {key for sprint in context.sprints for key in sprint.remaining_keys}
        self._held_up = {root.key: root.held_up for root in context.blockers.roots}

    def score(self, risk: Risk) -> float:
        """How much acting on this finding is worth: severity, kind, the work it holds up, and the running sprint."""
        held_up = max((self._held_up.get(key, 0) for key in risk.issue_keys), default=0)
        in_sprint = SPRINT_BONUS if self._in_sprint.intersection(risk.issue_keys) else 0.0
        return SEVERITY_WEIGHT[risk.severity] * KIND_WEIGHT[risk.kind] + log2(1 + held_up) + in_sprint

    def suggestion(self, group: list[Risk]) -> Suggestion:
        """One suggestion for findings of one kind and severity."""
        worst = sorted(group, key=lambda risk: (-self.score(risk), risk.finding_id))
        shown = worst[:ISSUES_PER_SUGGESTION]
        kind = worst[0].kind
        keys = tuple(dict.fromkeys(key for risk in shown for key in risk.issue_keys if key in self._issues))
        subjects = _listed([risk.issue_keys[0] for risk in shown if risk.issue_keys])
        more = f" {len(worst) - len(shown)} more like this." if len(worst) > len(shown) else ""
        actions = tuple(action for risk in shown for action in _ACTIONS.get(kind, _nothing)(self, risk))
        return Suggestion(
            kind=kind,
            title=_TITLES[kind].format(subjects=subjects or self._context.project_key, who=self._who(worst[0])),
            rationale=cleaned(" ".join(risk.summary for risk in shown) + more, RATIONALE_LENGTH),
            issue_keys=keys[:ISSUES_PER_SUGGESTION],
            finding_ids=tuple(risk.finding_id for risk in shown),
            actions=actions[:ISSUES_PER_SUGGESTION],
            confidence=CONFIDENCE[worst[0].severity],
        )

    def _who(self, risk: Risk) -> str:
        return cleaned(self._names.get(risk.account_id or "", "one person"), 60)

    def raise_priority(self, risk: Risk) -> Iterable[Action]:
        """Set the subject to the second-highest priority, when it is below that."""
        issue = self._subject(risk)
        urgent = self._vocabulary.priorities[1:2] or self._vocabulary.priorities
        if issue and urgent and issue.priority not in self._vocabulary.priorities[:2]:
            yield _action("set_priority", issue, urgent[0])

    def assign_someone(self, risk: Risk) -> Iterable[Action]:
        """Give the subject to whoever has the least in progress, when nobody has it."""
        issue, person = self._subject(risk), self._least_loaded()
        if issue and person and issue.assignee_id is None:
            yield _action("assign", issue, person.account_id)

    def hand_over(self, risk: Risk) -> Iterable[Action]:
        """Give one issue that the person has not started to whoever has the least in progress."""
        person = self._least_loaded(besides=risk.account_id)
        waiting = (self._issues[key] for key in risk.issue_keys if key in self._issues)
        for issue in waiting:
            if person and issue.status_category == "new" and issue.assignee_id == risk.account_id:
                yield _action("assign", issue, person.account_id)
                return

    def move_due_date(self, risk: Risk) -> Iterable[Action]:
        """Set the due date to the end of the running sprint that the subject is in."""
        issue = self._subject(risk)
        today = self._context.as_of.astimezone(ZoneInfo(self._context.time_zone)).date()
        for sprint in self._context.sprints:
            if issue and issue.key in sprint.remaining_keys and sprint.end_on and sprint.end_on >= today:
                yield _action("set_due_date", issue, sprint.end_on.isoformat())
                return
        yield from self.ask(risk)

    def ask(self, risk: Risk) -> Iterable[Action]:
        """Draft a comment that asks what the lead would ask."""
        issue = self._subject(risk)
        if issue:
            yield _action("comment_draft", issue, _QUESTIONS[risk.kind])

    def label(self, risk: Risk) -> Iterable[Action]:
        """Mark the subject, so that it can be found in the next planning."""
        issue = self._subject(risk)
        if issue:
            yield _action("add_label", issue, _LABELS[risk.kind])

    def _subject(self, risk: Risk) -> IssueBrief | None:
        return self._issues.get(risk.issue_keys[0]) if risk.issue_keys else None

    def _least_loaded(self, *, besides: str | None = None) -> PersonLoad | None:
        people = [
            load
            for load in self._context.workload
            if load.account_id in self._vocabulary.account_ids and load.account_id != besides
        ]
        return min(people, key=lambda load: (load.in_progress, load.open, load.account_id), default=None)


def _action(kind: ActionKind, issue: IssueBrief, value: str) -> Action:
    return Action(kind, issue.key, value, seen_values(kind, issue))


def _listed(keys: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(keys))
    return " and ".join([", ".join(distinct[:-1]), distinct[-1]] if len(distinct) > 1 else distinct)


def _nothing(_: _Advisor, __: Risk) -> Iterable[Action]:
    return ()


_TITLES: Final[dict[RiskKind, str]] = {
    "overdue": "Finish or re-plan {subjects}: past the due date",
    "due_soon_not_started": "Start {subjects}: due soon and not begun",
    "blocked": "Unblock {subjects}",
    "blocks_many": "Do {subjects} first: other work waits for it",
    "idle_in_progress": "Ask about {subjects}: in progress without movement",
    "unassigned_in_sprint": "Find someone for {subjects}: in the sprint, nobody's",
    "high_priority_untouched": "Start or downgrade {subjects}: high priority, untouched",
    "overloaded_person": "Take work off {who}",
    "scope_creep": "Trim the sprint of {subjects}: work came in after the start",
    "epic_without_estimate": "Estimate {subjects}",
    "dependency_cycle": "Break the cycle of {subjects}: they wait for each other",
    "reopened": "Look at {subjects} again: finished and reopened",
    "conflict_open": "Decide the sync conflict of {subjects}: javis conflicts list",
    "page_stale": "Update the page about {subjects}",
}
_QUESTIONS: Final[dict[RiskKind, str]] = {
    "overdue": "This is past its due date. What is left, and which date is realistic?",
    "blocked": "What does it take to unblock this, and who can do it?",
    "idle_in_progress": "There was no movement here for a while. Is something in the way?",
    "high_priority_untouched": "This has a high priority and nobody started it. Is the priority still right?",
    "due_soon_not_started": "This is due soon and not started. Can it still make the date?",
    "dependency_cycle": "The blocking links here go round in a circle. Which one can be removed?",
    "reopened": "This was finished and came back. What did the first fix miss?",
}
_LABELS: Final[dict[RiskKind, str]] = {"epic_without_estimate": "needs-estimate", "scope_creep": "added-after-start"}
_ACTIONS: Final[dict[RiskKind, Callable[[_Advisor, Risk], Iterable[Action]]]] = {
    "overdue": _Advisor.move_due_date,
    "due_soon_not_started": lambda advisor, risk: [*advisor.assign_someone(risk), *advisor.ask(risk)][:1],
    "blocked": _Advisor.ask,
    "blocks_many": lambda advisor, risk: [*advisor.raise_priority(risk), *advisor.assign_someone(risk)],
    "idle_in_progress": _Advisor.ask,
    "unassigned_in_sprint": _Advisor.assign_someone,
    "high_priority_untouched": lambda advisor, risk: [*advisor.assign_someone(risk), *advisor.ask(risk)][:1],
    "overloaded_person": _Advisor.hand_over,
    "scope_creep": _Advisor.label,
    "epic_without_estimate": _Advisor.label,
    "dependency_cycle": _Advisor.ask,
    "reopened": _Advisor.ask,
}
