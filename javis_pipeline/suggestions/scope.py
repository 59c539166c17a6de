"""Narrowing a work context to what the advice may speak of."""

from dataclasses import replace

from javis_pipeline.records.blockers import Blockers
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.plans import SprintState
from javis_pipeline.records.risk import SPRINT_KINDS, Risk, RiskKind, RiskTotal, Severity
from javis_pipeline.records.suggestion import AdviceScope

# Findings about several issues alike; of the others the first issue is the subject.
_ABOUT_ALL = frozenset[RiskKind]({"dependency_cycle", "overloaded_person", "held_by_one", "page_stale", "version_late"})


def narrowed(context: WorkContext, scope: AdviceScope) -> WorkContext:
    """The context with only the findings, links and issues of `scope`; unchanged for the whole project.

    Project-wide figures (flow, counts, people) stay: they are the yardstick, and no suggestion can cite them.
    """
    if scope.issue_keys is None:
        return context
    risks = tuple(_narrowed_risk(risk, scope) for risk in context.risks if _is_about(risk, scope))
    return replace(
        context,
        sprints=tuple(_narrowed_sprint(sprint, scope) for sprint in context.sprints),
        risks=risks,
        risk_totals=_totals(risks),
        blockers=_narrowed_blockers(context.blockers, scope),
        epics=tuple(epic for epic in context.epics if scope.covers(epic.key)),
        visions=tuple(vision for vision in context.visions if any(map(scope.covers, vision.live_epic_keys))),
        pages=tuple(page for page in context.pages if any(map(scope.covers, page.issue_keys))),
        forecasts=tuple(
            forecast
            for forecast in context.forecasts
            if forecast.subject == scope.name or scope.covers(forecast.subject.removeprefix("epic:"))
        ),
        issues=tuple(issue for issue in context.issues if scope.covers(issue.key)),
    )


def _is_about(risk: Risk, scope: AdviceScope) -> bool:
    """Whether the finding's subject is in scope. A finding about no issue is about the project."""
    if risk.kind in SPRINT_KINDS:
        return scope.name == f"sprint:{risk.evidence.get('sprint_id')}"
    subjects = risk.issue_keys if risk.kind in _ABOUT_ALL else risk.issue_keys[:1]
    return any(map(scope.covers, subjects))


def _narrowed_risk(risk: Risk, scope: AdviceScope) -> Risk:
    return replace(risk, issue_keys=tuple(filter(scope.covers, risk.issue_keys)))


def _totals(risks: tuple[Risk, ...]) -> tuple[RiskTotal, ...]:
    counts: dict[tuple[RiskKind, Severity], int] = {}
    for risk in risks:
        counts[risk.kind, risk.severity] = counts.get((risk.kind, risk.severity), 0) + 1
    return tuple(RiskTotal(kind, severity, count) for (kind, severity), count in counts.items())


def _narrowed_sprint(sprint: SprintState, scope: AdviceScope) -> SprintState:
    return replace(
        sprint,
        added_keys=tuple(filter(scope.covers, sprint.added_keys)),
        removed_keys=tuple(filter(scope.covers, sprint.removed_keys)),
        remaining_keys=tuple(filter(scope.covers, sprint.remaining_keys)),
    )


def _narrowed_blockers(blockers: Blockers, scope: AdviceScope) -> Blockers:
    return replace(
        blockers,
        roots=tuple(
            root for root in blockers.roots if scope.covers(root.key) or any(map(scope.covers, root.held_up_keys))
        ),
        cycles=tuple(cycle for cycle in blockers.cycles if any(map(scope.covers, cycle))),
        links=tuple(link for link in blockers.links if scope.covers(link.blocked_key)),
    )
