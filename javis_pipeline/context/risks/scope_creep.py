"""Active sprints that grew after they had started."""

from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found
from javis_pipeline.context.wording import counted
from javis_pipeline.records.plans import SprintState
from javis_pipeline.records.risk import Risk

_KEYS_LISTED = 20


def find(facts: Facts) -> Found:
    """High when the sprint grew by half or more, else medium; since it started."""
    limits = facts.thresholds
    risks = [
        _risk(sprint)
        for sprint in facts.sprints
        if len(sprint.added_keys) >= limits.scope_creep_items and _percent(sprint) >= limits.scope_creep_percent
    ]
    return found("scope_creep", risks, limit=limits.risks_per_kind)


def _percent(sprint: SprintState) -> float:
    """Growth in percent; a sprint that started empty is a plan made late, and counts as doubled."""
    return round(100 * len(sprint.added_keys) / sprint.committed, 1) if sprint.committed else 100.0


def _risk(sprint: SprintState) -> Risk:
    added, percent = len(sprint.added_keys), _percent(sprint)
    return Risk(
        finding_id=f"scope_creep:sprint-{sprint.sprint_id}",
        kind="scope_creep",
        severity="high" if percent >= 50 else "medium",
        summary=f"the sprint started with {counted(sprint.committed, 'item')}; added since: {added} ({percent:g} %)",
        issue_keys=sprint.added_keys[:_KEYS_LISTED],
        evidence={
            "sprint_id": sprint.sprint_id,
            "committed": sprint.committed,
            "added": added,
            "removed": len(sprint.removed_keys),
            "added_percent": percent,
        },
        since=sprint.start_on,
    )
