"""People who work on more at once than anybody can."""

from collections.abc import Sequence

from javis_pipeline.context.attention import is_forgotten
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found
from javis_pipeline.context.wording import counted
from javis_pipeline.records.people import PersonLoad
from javis_pipeline.records.risk import Risk

_KEYS_LISTED = 10


def find(facts: Facts) -> Found:
    """High from twice the limit on, else medium. What nobody touched for very long is no work."""
    limit = facts.thresholds.max_in_progress
    # Where nothing moves at all, nobody has too much to do.
    loads = [load for load in facts.workload if load.moving > limit and facts.asleep_since is None]
    return found(
        "overloaded_person", [_risk(facts, load, limit) for load in loads], limit=facts.thresholds.risks_per_kind
    )


def _risk(facts: Facts, load: PersonLoad, limit: int) -> Risk:
    return Risk(
        finding_id=f"overloaded_person:{load.account_id}",
        kind="overloaded_person",
        severity="high" if load.moving >= 2 * limit else "medium",
        summary=(
            f"one person has {counted(load.moving, 'issue')} in progress{_dead(load)}{_late(load)} "
            f"and finished {load.finished_last_4_weeks} in four weeks"
        ),
        issue_keys=tuple(_in_progress(facts, load.account_id)),
        evidence={
            "in_progress": load.moving,
            "limit": limit,
            "open": load.open,
            "overdue": load.overdue,
            "finished_last_4_weeks": load.finished_last_4_weeks,
        },
        since=None,
        account_id=load.account_id,
    )


def _late(load: PersonLoad) -> str:
    return f", {load.overdue} overdue," if load.overdue else ""


def _dead(load: PersonLoad) -> str:
    dead = load.in_progress - load.moving
    return f" and {dead} more that nobody touches" if dead else ""


def _in_progress(facts: Facts, account_id: str) -> Sequence[str]:
    """Some of the person's issues in progress, the longest untouched first."""
    issues = facts.in_progress
    mine = issues[(issues["assignee_id"] == account_id) & ~issues["is_epic"]]
    mine = mine[~is_forgotten(mine, facts.today, facts.thresholds)]
    return list(mine.sort_values(["updated_day", "key"])["key"].head(_KEYS_LISTED))
