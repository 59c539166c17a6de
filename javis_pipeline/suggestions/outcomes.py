"""What came of suggestions: who took them, and what went its way without."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from javis_pipeline.records.suggestion import EDITED_FIELD, Action, AdviceOutcome, Outcome, Suggestion, SuggestionState

Told = tuple[Suggestion, SuggestionState, str | None]


def outcomes(
    told: Iterable[Told], issues: Mapping[str, Mapping[str, Any]], findings: Collection[str]
) -> tuple[AdviceOutcome, ...]:
    """One a suggestion, however often it was made anew; in the order in which they were made first.

    Args:
        told: Suggestions with their state and who decided, the oldest first.
        issues: What the issues that they change hold now, by key; without those that are gone.
        findings: Ids of what is found now.
    """
    by_steps: dict[frozenset[tuple[str, str]], list[Told]] = {}
    for each in told:
        by_steps.setdefault(frozenset((step.kind, step.issue_key) for step in each[0].actions), []).append(each)
    return tuple(_outcome(same, issues, findings) for same in by_steps.values())


def _outcome(same: list[Told], issues: Mapping[str, Mapping[str, Any]], findings: Collection[str]) -> AdviceOutcome:
    decided = next((each for each in reversed(same) if each[1] in ("accepted", "rejected")), None)
    suggestion, state, by = decided or same[-1]
    came: Outcome = "open"
    if state in ("accepted", "rejected"):
        came = "accepted" if state == "accepted" else "rejected"
    elif all(_is_done(step, issues.get(step.issue_key)) for step in suggestion.actions):
        came = "done"
    elif not set(suggestion.finding_ids).intersection(findings):
        came = "overtaken"
    return AdviceOutcome(suggestion.title, came, by)


def _is_done(step: Action, issue: Mapping[str, Any] | None) -> bool:
    """Whether it is so, or the issue is finished, although nobody pressed a button."""
    if issue is None or issue["status_category"] == "done":
        return True
    held = issue[EDITED_FIELD[step.kind]] if step.kind in EDITED_FIELD else None
    if step.kind == "assign":
        # It is somebody's now: that was the point.
        return bool(held)
    return step.value in held if isinstance(held, list) else held == step.value
