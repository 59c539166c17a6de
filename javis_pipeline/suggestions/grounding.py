"""The check that lets a proposal through only if everything it cites is in the work context.

The model has read text that anybody can write into an issue, so nothing of its answer is taken on trust: an unknown
finding or issue, an action outside the closed set, outside the scope or with a value that is not on offer drops the
whole proposal, and the drop is counted. So does what contradicts the context, or a better proposal before it.
"""

import re
from collections import Counter
from datetime import date, timedelta
from typing import get_args

from javis_pipeline.records.context import IssueBrief, WorkContext
from javis_pipeline.records.suggestion import (
    ADVICE_LABELS,
    EDITED_FIELD,
    TITLES_APART,
    Action,
    ActionKind,
    AdviceScope,
    Suggestion,
    Vocabulary,
)
from javis_pipeline.suggestions.cleaning import cleaned
from javis_pipeline.suggestions.limits import Limits
from javis_pipeline.suggestions.reply import Reply, ReplyAction, ReplySuggestion
from javis_pipeline.suggestions.team import Team
from javis_pipeline.suggestions.wording import titled

TITLE_LENGTH = 240
RATIONALE_LENGTH = 1_000
# A step is shown whole before anybody accepts it.
DRAFT_LENGTH = 600
PART_LENGTH = 120
MOST_PARTS = 8
_ENDS = re.compile(r"[\n;]")
_BULLET = re.compile(r"^(?:[-*•]|\d{1,2}[.)]) ")
ACTIONS_PER_SUGGESTION = 4
FURTHEST_DUE_DATE = timedelta(days=730)


class _Ungrounded(Exception):
    """The proposal is dropped; the argument is the reason that is counted."""


def grounded(
    reply: Reply, context: WorkContext, scope: AdviceScope, vocabulary: Vocabulary
) -> tuple[tuple[Suggestion, ...], Counter[str]]:
    """The proposals that stand on the context, in the order of the reply, and how many were dropped for which reason.

    Args:
        reply: The model's answer.
        context: The context that the prompt was made from, narrowed to `scope`.
        scope: What the advice may speak of.
        vocabulary: Values that actions may use.
    """
    checker = _Checker(context, scope, vocabulary)
    kept: list[Suggestion] = []
    dropped: Counter[str] = Counter()
    for proposal in reply.suggestions:
        try:
            kept.append(checker.checked(proposal))
        except _Ungrounded as reason:
            dropped[str(reason)] += 1
    return tuple(kept), dropped


def is_grounded(suggestion: Suggestion, context: WorkContext) -> bool:
    """Whether all that the suggestion cites is in the context, and all its actions are in the closed set."""
    findings = {risk.finding_id for risk in context.risks}
    known = {issue.key for issue in context.issues}
    cited = {*suggestion.issue_keys, *(action.issue_key for action in suggestion.actions)}
    return (
        bool(suggestion.finding_ids)
        and findings.issuperset(suggestion.finding_ids)
        and known.issuperset(cited)
        and all(action.kind in get_args(ActionKind) for action in suggestion.actions)
    )


def subject(suggestion: Suggestion) -> tuple[str, ...]:
    """What is proposed, apart from the wording: equal for two suggestions that come to the same."""
    steps = (
        f"{action.kind} {action.issue_key} {action.value if action.kind in EDITED_FIELD else ''}"
        for action in suggestion.actions
    )
    return (suggestion.kind, *sorted(suggestion.finding_ids), *sorted(steps))


class _Checker:
    def __init__(self, context: WorkContext, scope: AdviceScope, vocabulary: Vocabulary) -> None:
        self._findings = {risk.finding_id: risk for risk in context.risks}
        self._issues = {issue.key: issue for issue in context.issues}
        self._people = {person.account_id for person in context.people}
        self._limits = Limits(context, vocabulary)
        self._team = Team(context, vocabulary, self._limits)
        self._spoken_of: set[str] = set()
        self._project = context.project_key
        self._today = context.today
        self._scope = scope
        self._vocabulary = vocabulary

    def checked(self, proposal: ReplySuggestion) -> Suggestion:
        if not proposal.finding_ids:
            raise _Ungrounded("cites no finding")
        if any(finding_id not in self._findings for finding_id in proposal.finding_ids):
            raise _Ungrounded("cites an unknown finding")
        for key in proposal.issue_keys:
            self._issue(key)
        if len(proposal.actions) > ACTIONS_PER_SUGGESTION:
            raise _Ungrounded("has too many actions")
        title = cleaned(proposal.title, TITLE_LENGTH)
        if not title:
            raise _Ungrounded("has no title")
        actions = [self._action(action) for action in proposal.actions]
        _refuse_contradiction(actions)
        if not actions:
            raise _Ungrounded("has no step")
        self._refuse_repetition(proposal, actions)
        return Suggestion(
            kind=self._findings[proposal.finding_ids[0]].kind,
            title=cleaned(titled(title, proposal.issue_keys, self._issues), TITLE_LENGTH),
            rationale=cleaned(" ".join([proposal.rationale, *self._team.reasons(actions)]), RATIONALE_LENGTH),
            issue_keys=tuple(dict.fromkeys(proposal.issue_keys)),
            finding_ids=tuple(dict.fromkeys(proposal.finding_ids)),
            actions=tuple(actions),
            confidence=min(max(proposal.confidence, 0.0), 1.0),
        )

    def _refuse_repetition(self, proposal: ReplySuggestion, actions: list[Action]) -> None:
        """An issue is in one proposal: as what that is about, or as what it changes."""
        about = {*proposal.issue_keys[:1], *(action.issue_key for action in actions)}
        if about & self._spoken_of:
            raise _Ungrounded("repeats an issue")
        self._spoken_of |= about

    def _issue(self, key: str) -> IssueBrief:
        if key not in self._issues:
            raise _Ungrounded("cites an unknown issue")
        if not self._scope.covers(key):
            raise _Ungrounded("leaves the scope")
        return self._issues[key]

    def _action(self, action: ReplyAction) -> Action:
        issue = self._issue(action.issue_key)
        if action.kind in EDITED_FIELD and issue.key.rpartition("-")[0] != self._project:
            raise _Ungrounded("edits an issue of another project")
        made = Action(action.kind, issue.key, self._value(action), seen_values(action.kind, issue))
        fault = self._limits.fault(made)
        if fault is not None:
            raise _Ungrounded(fault)
        return made

    def _value(self, action: ReplyAction) -> str:
        value = action.value.strip()
        match action.kind:
            case "set_priority":
                valid = value in self._vocabulary.priorities
            case "add_label":
                valid = value in self._vocabulary.labels or value in ADVICE_LABELS
            case "set_due_date":
                valid = self._is_future_date(value)
            case "assign":
                valid = value in self._vocabulary.account_ids and value in self._people
            case "link_blocker":
                valid = value in self._issues and value != action.issue_key
            case "comment_draft":
                value = cleaned(value, DRAFT_LENGTH)
                valid = bool(value)
            case "split":
                value = TITLES_APART.join(_titles(value))
                valid = bool(value)
        if not valid:
            raise _Ungrounded(f"has a value that {action.kind} cannot take")
        return value

    def _is_future_date(self, value: str) -> bool:
        try:
            due = date.fromisoformat(value)
        except ValueError:
            return False
        return self._today <= due <= self._today + FURTHEST_DUE_DATE


def _titles(text: str) -> list[str]:
    """The titles of the issues that a text splits an issue into, whatever stands before them in a list."""
    lines = (_BULLET.sub("", cleaned(line, PART_LENGTH)) for line in _ENDS.split(text))
    return [line for line in lines if line][:MOST_PARTS]


def _refuse_contradiction(actions: list[Action]) -> None:
    """An issue has one priority, one due date and one assignee; labels add up."""
    edits = Counter(
        (action.kind, action.issue_key)
        for action in actions
        if action.kind in EDITED_FIELD and action.kind != "add_label"
    )
    if any(count > 1 for count in edits.values()):
        raise _Ungrounded("changes the same field twice")


def seen_values(kind: ActionKind, issue: IssueBrief) -> dict[str, str | None]:
    """What of the issue an action of this kind relies on, as text; another value later makes the action stale."""
    seen = {"status": issue.status}
    current = {
        "priority": issue.priority,
        "due_date": issue.due_date.isoformat() if issue.due_date else None,
        "assignee_id": issue.assignee_id,
    }
    field = EDITED_FIELD.get(kind)
    if field in current:
        seen[field] = current[field]
    return seen
