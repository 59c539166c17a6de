"""Narrowing a work context to what the advice may speak of."""

from dataclasses import replace

from javis_pipeline.records.context import Risk, RiskTotal, WorkContext
from javis_pipeline.records.suggestion import AdviceScope


def narrowed(context: WorkContext, scope: AdviceScope) -> WorkContext:
    """The context with only the findings, links and issues of `scope`; unchanged for the whole project.

    Project-wide figures (flow, counts) stay: they are the yardstick, and no suggestion can cite them.
    """
    if scope.issue_keys is None:
        return context
    risks = tuple(_narrowed_risk(risk, scope) for risk in context.risks if _is_about(risk, scope))
    totals: dict[tuple[str, str], RiskTotal] = {}
    for risk in risks:
        known = totals.get((risk.kind, risk.severity))
        totals[risk.kind, risk.severity] = RiskTotal(risk.kind, risk.severity, (known.count if known else 0) + 1)
    return replace(
        context,
        risks=risks,
        risk_totals=tuple(totals.values()),
        blockers=replace(
            context.blockers,
            roots=tuple(
                root
                for root in context.blockers.roots
                if scope.covers(root.key) or any(map(scope.covers, root.held_up_keys))
            ),
            cycles=tuple(cycle for cycle in context.blockers.cycles if any(map(scope.covers, cycle))),
            links=tuple(link for link in context.blockers.links if scope.covers(link.blocked_key)),
        ),
        epics=tuple(epic for epic in context.epics if scope.covers(epic.key)),
        pages=tuple(page for page in context.pages if any(map(scope.covers, page.issue_keys))),
        issues=tuple(issue for issue in context.issues if scope.covers(issue.key)),
    )


def _is_about(risk: Risk, scope: AdviceScope) -> bool:
    """Whether the finding's subject, its first issue, is in scope. A finding about no issue is about the project."""
    return bool(risk.issue_keys) and scope.covers(risk.issue_keys[0])


def _narrowed_risk(risk: Risk, scope: AdviceScope) -> Risk:
    return replace(risk, issue_keys=tuple(filter(scope.covers, risk.issue_keys)))
