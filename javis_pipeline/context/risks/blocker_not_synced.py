"""Issues elsewhere that open ones wait for, and of which nobody here can tell whether they are done."""

from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.blocked import pressing_keys
from javis_pipeline.context.risks.ranking import Found, found
from javis_pipeline.context.wording import counted
from javis_pipeline.records.risk import Risk

_KEYS_LISTED = 20
_KEYS_NAMED = 3


def find(facts: Facts) -> Found:
    """One risk per such issue that stops somebody now, however many wait for it. Low: it may be done."""
    unknown = sorted(key for key, node in facts.graph.nodes.items() if node.category is None)
    pressing = pressing_keys(facts) if unknown else set()
    risks = [_risk(key, waiting, pressing) for key in unknown if pressing.intersection(waiting := _waiting(facts, key))]
    risks.sort(key=lambda risk: (-int(risk.evidence["holds_up"]), risk.finding_id))
    return found("blocker_not_synced", risks, limit=facts.thresholds.risks_per_kind)


def _waiting(facts: Facts, key: str) -> list[str]:
    return sorted(each for each in facts.graph.graph.successors(key) if not facts.graph.nodes[each].is_outside)


def _risk(key: str, waiting: list[str], pressing: set[str]) -> Risk:
    worst_first = sorted(waiting, key=lambda each: (each not in pressing, each))
    named = ", ".join(worst_first[:_KEYS_NAMED]) + (", ..." if len(waiting) > _KEYS_NAMED else "")
    verb = "waits" if len(waiting) == 1 else "wait"
    return Risk(
        finding_id=f"blocker_not_synced:{key}",
        kind="blocker_not_synced",
        severity="low",
        summary=f"{key} is not synced and may be done; if it is not, {counted(len(waiting), 'issue')} {verb}: {named}",
        issue_keys=(key, *worst_first[:_KEYS_LISTED]),
        evidence={"holds_up": len(waiting)},
        since=None,
    )
