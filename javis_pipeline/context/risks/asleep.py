"""Projects in which nothing happens any more."""

from javis_pipeline.context.days import Today
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found
from javis_pipeline.context.wording import counted, day_words
from javis_pipeline.records.risk import Risk


def find(facts: Facts) -> Found:
    """One risk: medium when work was begun or a sprint goes on, else low; since the day of the last change."""
    if facts.asleep_since is None:
        return found("asleep", [], limit=1)
    return found("asleep", [_risk(facts, facts.today)], limit=1)


def _risk(facts: Facts, today: Today) -> Risk:
    since = facts.asleep_since
    assert since is not None
    begun, days = len(facts.in_progress), (today.date - since).days
    left = f"; {counted(begun, 'issue')} in progress" if begun else ""
    return Risk(
        finding_id=f"asleep:{facts.project_key}",
        kind="asleep",
        severity="medium" if begun or facts.sprints else "low",
        summary=f"nothing has moved here since {day_words(since)}, for {counted(days, 'day')}{left}",
        issue_keys=(),
        evidence={"days": days, "in_progress": begun, "open": len(facts.open_issues)},
        since=since,
    )
