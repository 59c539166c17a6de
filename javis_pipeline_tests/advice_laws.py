"""What advice must never do, judged from outside: by what it says and by the context it speaks of."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.suggestion import EDITED_FIELD, Action, Advice, Suggestion, Vocabulary
from javis_pipeline.suggestions.grounding import is_grounded
from javis_pipeline_tests.sentences import never_said


def faults_of(advice: Advice, context: WorkContext, vocabulary: Vocabulary) -> list[str]:
    """Each fault in words; [] for advice that a lead could sign."""
    return [*_repeated(advice), *(fault for each in advice.suggestions for fault in _faults(each, context, vocabulary))]


def _repeated(advice: Advice) -> Iterator[str]:
    told = Counter(key for each in advice.suggestions for key in _acted_on(each))
    yield from (f"{key} is in {count} proposals" for key, count in told.items() if count > 1)


def _acted_on(suggestion: Suggestion) -> set[str]:
    return {*suggestion.issue_keys[:1], *(action.issue_key for action in suggestion.actions)}


def _faults(suggestion: Suggestion, context: WorkContext, vocabulary: Vocabulary) -> Iterator[str]:
    told = f"{suggestion.title} {suggestion.rationale} {' '.join(action.value for action in suggestion.actions)}"
    yield from never_said(told, to_people=True)
    if not suggestion.actions:
        yield f"has no step: {suggestion.title}"
    titles = {issue.key: issue.title for issue in context.issues}
    key = suggestion.actions[0].issue_key if suggestion.actions else ""
    if titles.get(key) and key in suggestion.title and f"{key} “" not in told:
        yield f"names {key} without its title: {suggestion.title}"
    if not is_grounded(suggestion, context):
        yield f"cites what the context does not know: {suggestion.title}"
    if suggestion.kind in ("sprint_off_track", "scope_creep"):
        yield from _leaving_faults(suggestion, context)
    for action in suggestion.actions:
        yield from _step_faults(action, suggestion, context, vocabulary)


def _leaving_faults(suggestion: Suggestion, context: WorkContext) -> Iterator[str]:
    """What leaves a running sprint is not begun, not of high priority, and nothing waits for it."""
    over = {f"sprint_off_track:sprint-{sprint.sprint_id}" for sprint in context.sprints if sprint.is_over}
    if over.intersection(suggestion.finding_ids):
        return
    issues = {issue.key: issue for issue in context.issues}
    blockers = {link.blocker_key for link in context.blockers.links}
    for key in {action.issue_key for action in suggestion.actions}:
        issue = issues[key]
        if issue.status_category != "new" or (issue.priority or "").casefold() in context.high_priorities:
            yield f"takes {key} out of a sprint, which is {issue.status_category} and {issue.priority}"
        if key in blockers:
            yield f"takes {key} out of a sprint, for which others wait"


def _step_faults(action: Action, suggestion: Suggestion, context: WorkContext, vocabulary: Vocabulary) -> Iterator[str]:
    issue = next(issue for issue in context.issues if issue.key == action.issue_key)
    if action.kind in EDITED_FIELD and issue.key.rpartition("-")[0] != context.project_key:
        yield f"changes {issue.key} of another project"
    if issue.status_category == "done":
        yield f"speaks of {issue.key}, which is done"
    if action.kind == "assign":
        yield from _assign_faults(action, suggestion, context)
    if action.kind == "set_priority":
        ranks = {name: rank for rank, name in enumerate(vocabulary.priorities)}
        present = issue.priority or ""
        if present.casefold() in context.high_priorities or ranks[action.value] >= ranks.get(present, 99):
            yield f"sets {issue.key} from {issue.priority} to {action.value}"
        if present and present not in ranks:
            yield f"ranks {present}, whose rank nobody knows"
    if action.kind == "set_due_date":
        yield from _date_faults(date.fromisoformat(action.value), issue.key, context)


def _assign_faults(action: Action, suggestion: Suggestion, context: WorkContext) -> Iterator[str]:
    blocked = {link.blocked_key for link in context.blockers.links}
    blocked |= {risk.issue_keys[0] for risk in context.risks if risk.kind == "blocked"}
    busy = {risk.account_id for risk in context.risks if risk.kind in ("overloaded_person", "held_by_one")}
    name = next((person.display_name for person in context.people if person.account_id == action.value), None)
    if action.value not in {load.account_id for load in context.workload}:
        yield f"gives {action.issue_key} to {action.value}, who is not at work"
    if action.issue_key in blocked:
        yield f"moves {action.issue_key}, which waits"
    sprints = [sprint for sprint in context.sprints if action.issue_key in sprint.remaining_keys]
    if sprints and all(sprint.is_over for sprint in sprints):
        yield f"gives out {action.issue_key} of a sprint that is over"
    if action.value in busy:
        yield f"gives {action.issue_key} to {action.value}, who has too much"
    if name is None or f"{name} has" not in suggestion.rationale:
        yield f"does not say why {name or action.value}"


def _date_faults(due: date, key: str, context: WorkContext) -> Iterator[str]:
    sprints = {f"sprint:{sprint.sprint_id}" for sprint in context.sprints if key in sprint.remaining_keys}
    for forecast in context.forecasts:
        lost = forecast.on_time is not None and forecast.on_time < 0.5
        if forecast.subject in sprints and lost and forecast.target_on and due <= forecast.target_on:
            yield f"{key} is to be done by {due}, in a sprint that is lost"
        if forecast.subject == f"epic:{key}" and forecast.p50_on and due < forecast.p50_on:
            yield f"{key} is to be done by {due}, before {forecast.p50_on}"
