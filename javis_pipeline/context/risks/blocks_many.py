"""Open issues that many others wait for."""

from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.blocked import pressing_keys
from javis_pipeline.context.risks.ranking import Found, found
from javis_pipeline.context.wording import counted
from javis_pipeline.records.risk import Risk


def find(facts: Facts) -> Found:
    """Every issue, here or in another project, that holds up several of ours, one of which stops somebody now; high
    from twice the limit on.

    Where all that waits can wait, it is no finding: in real projects such blockers and what they blocked ended no later
    than others. Not one that may be done: that is a finding of its own.
    """
    limit, pressing = facts.thresholds.blocks_many, pressing_keys(facts)
    risks = [
        _risk(facts, key, held)
        for key in facts.graph.graph
        if facts.graph.nodes[key].category is not None
        and len(held := _held_up_here(facts, key)) >= limit
        and pressing.intersection(held)
    ]
    risks.sort(key=lambda risk: (-int(risk.evidence["holds_up"]), risk.finding_id))
    return found("blocks_many", risks, limit=facts.thresholds.risks_per_kind)


def _held_up_here(facts: Facts, key: str) -> list[str]:
    return sorted(held for held in facts.graph.held_up_by(key) if not facts.graph.nodes[held].is_outside)


def _risk(facts: Facts, key: str, held: list[str]) -> Risk:
    direct = facts.graph.graph.out_degree(key)
    return Risk(
        finding_id=f"blocks_many:{key}",
        kind="blocks_many",
        severity="high" if len(held) >= 2 * facts.thresholds.blocks_many else "medium",
        summary=f"{key} holds up {counted(len(held), 'issue')}, {direct} of them directly",
        issue_keys=(key, *held[:20]),
        evidence={"holds_up": len(held), "directly": direct},
        since=None,
    )
