"""Work of a team that waits for one of its people."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found
from javis_pipeline.context.wording import counted
from javis_pipeline.records.risk import Risk

_KEYS_LISTED: Final = 10
# Of fewer items somebody always has most.
_ITEMS_MIN: Final = 6
_SHARE: Final = 0.6


def find(facts: Facts) -> Found:
    """Who has most of what is left in a sprint, where several people work: medium; high when the others have nothing.

    Without a sprint, of what is in progress. Where nothing moves at all, that is the finding.
    """
    if len(facts.workload) < 2 or facts.asleep_since is not None:
        return found("held_by_one", [], limit=1)
    risks = [risk for name, items in _piles(facts) for risk in _risks(name, items)]
    return found("held_by_one", risks, limit=facts.thresholds.risks_per_kind)


def _piles(facts: Facts) -> Iterator[tuple[str, pd.DataFrame]]:
    """What a team has before it, by the words of the finding's id."""
    items = facts.open_issues[facts.open_issues["is_item"]]
    for sprint in facts.sprints:
        yield f"sprint-{sprint.sprint_id}", items[items["key"].isin(sprint.remaining_keys)]
    if not facts.sprints:
        awake = items["assignee_id"].isin([load.account_id for load in facts.workload])
        yield "project", items[(items["status_category"] == "indeterminate") & awake]


def _risks(name: str, items: pd.DataFrame) -> Iterator[Risk]:
    held = items["assignee_id"].value_counts()
    if len(items) < _ITEMS_MIN or held.empty or held.iloc[0] < _SHARE * len(items):
        return
    person, count = str(held.index[0]), int(held.iloc[0])
    mine = items[items["assignee_id"] == person].sort_values(["updated_day", "key"])
    where = "left in the sprint" if name != "project" else "in progress"
    yield Risk(
        finding_id=f"held_by_one:{name}",
        kind="held_by_one",
        severity="high" if count == len(items) else "medium",
        summary=f"one person has {count} of the {counted(len(items), 'item')} {where}",
        issue_keys=tuple(mine["key"].head(_KEYS_LISTED)),
        evidence={"held": count, "items": len(items)},
        since=None,
        account_id=person,
    )
