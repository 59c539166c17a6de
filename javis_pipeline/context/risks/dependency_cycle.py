"""Issues that wait for each other, so that none of them can ever be done."""

from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found
from javis_pipeline.records.risk import Risk


def find(facts: Facts) -> Found:
    """Always high: somebody has to cut the circle. The largest first."""
    cycles = sorted(facts.graph.cycles, key=lambda cycle: (-len(cycle), cycle))
    return found("dependency_cycle", [_risk(cycle) for cycle in cycles], limit=facts.thresholds.risks_per_kind)


def _risk(cycle: list[str]) -> Risk:
    return Risk(
        finding_id=f"dependency_cycle:{cycle[0]}",
        kind="dependency_cycle",
        severity="high",
        summary=f"{len(cycle)} issues wait for each other: {', '.join(cycle[:6])}{', ...' if len(cycle) > 6 else ''}",
        issue_keys=tuple(cycle),
        evidence={"issues": len(cycle)},
        since=None,
    )
