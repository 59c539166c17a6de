"""What no work context may say, whatever the project: sentences, and pairs of statements that cannot both be true."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.context import IssueBrief, WorkContext
from javis_pipeline.records.risk import RiskKind
from javis_pipeline_tests.sentences import never_said

_OPEN_KINDS: Final[frozenset[RiskKind]] = frozenset(
    {
        "overdue", "due_soon_not_started", "blocked", "idle_in_progress", "unassigned_in_sprint", "reopened",
        "high_priority_untouched", "epic_late", "epic_without_estimate",
    }
)  # fmt: skip
# One issue cannot be both.
_EITHER: Final[tuple[tuple[RiskKind, RiskKind], ...]] = (
    ("overdue", "due_soon_not_started"),
    ("overdue", "epic_late"),
    ("idle_in_progress", "high_priority_untouched"),
    ("idle_in_progress", "due_soon_not_started"),
    ("blocks_many", "blocker_not_synced"),
)


def contradictions(context: WorkContext) -> list[str]:
    """What is wrong with the context in itself; empty when nothing is."""
    return [wrong for check in _CHECKS for wrong in check(context)]


def _sentences(context: WorkContext) -> Iterator[str]:
    for text in (
        *(risk.summary for risk in context.risks),
        *context.notes,
        *(forecast.reason for forecast in context.forecasts),
        *(note for sprint in context.sprints for note in sprint.notes),
    ):
        yield from never_said(text, to_people=False)


def _usual(context: WorkContext) -> Iterator[str]:
    if context.flow.cycles_known < Thresholds.cycles_min:
        yield from (f"{risk.summary!r}: of few cycle times" for risk in context.risks if "usual" in risk.summary)


def _totals(context: WorkContext) -> Iterator[str]:
    listed = Counter((risk.kind, risk.severity) for risk in context.risks)
    totals = {(total.kind, total.severity): total.count for total in context.risk_totals}
    if set(listed) != set(totals):
        yield f"risks {set(listed) ^ set(totals)} are listed or counted, not both"
    yield from (f"{kind} {severity}: more listed than counted" for (kind, severity), count in listed.items()
                if count > totals.get((kind, severity), 0))  # fmt: skip
    ids = Counter(risk.finding_id for risk in context.risks)
    yield from (f"{finding} comes {count} times" for finding, count in ids.items() if count > 1)


def _issues(context: WorkContext) -> Iterator[str]:
    category = {issue.key: issue.status_category for issue in context.issues}
    about: dict[RiskKind, set[str]] = {}
    for risk in context.risks:
        about.setdefault(risk.kind, set()).update(risk.issue_keys[:1])
        if risk.kind in _OPEN_KINDS and category.get(risk.issue_keys[0]) == "done":
            yield f"{risk.finding_id} is about an issue that is done"
        if risk.kind == "blocked":
            done = [key for key in risk.issue_keys[1:] if category.get(key) == "done"]
            yield from (f"{risk.finding_id}: {key} is done and holds nothing up" for key in done)
    for one, other in _EITHER:
        for key in about.get(one, set()) & about.get(other, set()):
            yield f"{key} is {one} and {other}"


def _told_of_issues(context: WorkContext) -> Iterator[str]:
    """What a finding says of an issue, against what the context knows of the issue itself."""
    issues, today, high = {issue.key: issue for issue in context.issues}, context.today, context.high_priorities
    holds: dict[RiskKind, Callable[[IssueBrief], bool]] = {
        "overdue": lambda issue: issue.due_date is not None and issue.due_date < today,
        "due_soon_not_started": lambda issue: (
            issue.due_date is not None and issue.due_date >= today and issue.status_category == "new"
        ),
        "unassigned_in_sprint": lambda issue: issue.assignee_id is None,
        "high_priority_untouched": lambda issue: (
            (issue.priority or "").casefold() in high and issue.status_category == "new"
        ),
        "idle_in_progress": lambda issue: issue.status_category == "indeterminate",
    }
    for risk in context.risks:
        for key in risk.issue_keys[:1] if risk.kind in holds else ():
            if key not in issues:
                yield f"{risk.finding_id} is about an issue that the context does not know"
            elif not holds[risk.kind](issues[key]):
                yield f"{risk.finding_id} does not hold of {issues[key]}"


def _people(context: WorkContext) -> Iterator[str]:
    at_work = {load.account_id: load for load in context.workload}
    for load in context.workload:
        if not load.moving <= load.in_progress <= load.open:
            yield f"{load.account_id} has {load.moving} <= {load.in_progress} <= {load.open}"
    for risk in context.risks:
        if risk.account_id is not None and risk.account_id not in at_work:
            yield f"{risk.finding_id}: {risk.account_id} is not at work"


def _sleep(context: WorkContext) -> Iterator[str]:
    kinds = {risk.kind for risk in context.risks}
    if "asleep" not in kinds:
        return
    yield from (f"asleep, and {kind}" for kind in kinds & {"overloaded_person", "held_by_one"})
    if any(week.finished for week in context.flow.throughput[-4:]):
        yield "asleep, and something was finished in the last four weeks"
    if any(risk.kind == "idle_in_progress" and risk.severity != "low" for risk in context.risks):
        yield "asleep, and idle work is news"


def _sprints(context: WorkContext) -> Iterator[str]:
    off_track = {risk.evidence["sprint_id"] for risk in context.risks if risk.kind == "sprint_off_track"}
    without_owner = {risk.evidence["sprint_id"] for risk in context.risks if risk.kind == "unassigned_in_sprint"}
    forecasts = {forecast.subject: forecast for forecast in context.forecasts}
    for sprint in context.sprints:
        if sprint.items != sprint.done + sprint.in_progress + sprint.not_started:
            yield f"sprint {sprint.sprint_id}: {sprint.items} items are not the sum of their states"
        forecast = forecasts.get(f"sprint:{sprint.sprint_id}")
        late = forecast is not None and forecast.on_time is not None and forecast.on_time < 0.5
        late |= sprint.is_over and bool(sprint.remaining_keys)
        if late != (sprint.sprint_id in off_track):
            yield f"sprint {sprint.sprint_id}: forecast and finding disagree"
        if sprint.is_over and sprint.sprint_id in without_owner:
            yield f"sprint {sprint.sprint_id} is over, and somebody is wanted for it"


def _forecasts(context: WorkContext) -> Iterator[str]:
    for forecast in context.forecasts:
        dates = [day for day in (forecast.p50_on, forecast.p85_on, forecast.p95_on) if day is not None]
        if dates != sorted(dates) or any(day < context.today for day in dates):
            yield f"{forecast.subject}: {dates} are out of order or past"
        if not dates and not forecast.reason:
            yield f"{forecast.subject}: no date and no reason"
        yield from _chance(forecast.subject, forecast.target_on, forecast.p50_on, forecast.on_time, 0.5)
        yield from _chance(forecast.subject, forecast.target_on, forecast.p85_on, forecast.on_time, 0.85)


def _chance(subject: str, target: object, day: object, on_time: float | None, level: float) -> Iterator[str]:
    if target is None or day is None or on_time is None:
        return
    if (target >= day) != (on_time >= level - 0.001):  # type: ignore[operator]  # both are dates
        yield f"{subject}: {level:.0%} by {day}, wanted {target}, but on time {on_time:.1%}"


_CHECKS: Final[tuple[Callable[[WorkContext], Iterator[str]], ...]] = (
    _sentences, _usual, _totals, _issues, _told_of_issues, _people, _sleep, _sprints, _forecasts,
)  # fmt: skip
