"""Open epics whose size nobody knows, in projects that estimate."""

from collections.abc import Hashable, Mapping
from typing import Any

from javis_pipeline.context.days import as_date, looked_up
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found_rows
from javis_pipeline.context.wording import counted
from javis_pipeline.records.risk import Risk

# A project estimates when so many of its open items carry points.
_ESTIMATED_SHARE = 0.2


def find(facts: Facts) -> Found:
    """Medium when work on the epic has begun, else low; since the epic was made."""
    issues = facts.issues
    items = issues.loc[issues["is_item"], ["parent_key", "story_points", "status_category", "is_open"]]
    open_items = items[items["is_open"]]
    estimates = open_items["story_points"].notna().mean() >= _ESTIMATED_SHARE if len(open_items) else False
    estimated = items.loc[items["story_points"].notna(), "parent_key"]
    waiting = open_items["parent_key"].value_counts()
    begun = items.loc[items["status_category"] != "new", "parent_key"]
    epics = issues[issues["is_epic"] & issues["is_open"] & issues["story_points"].isna()]
    epics = epics[epics["key"].isin(waiting.index) & ~epics["key"].isin(estimated) & bool(estimates)]
    rows = epics.assign(open_items=looked_up(epics["key"], waiting), severity="low")
    rows["severity"] = rows["severity"].mask(rows["key"].isin(begun), "medium")
    return found_rows(
        "epic_without_estimate", rows, _risk, worst_by="open_items", limit=facts.thresholds.risks_per_kind
    )


def _risk(row: Mapping[Hashable, Any]) -> Risk:
    waiting = int(row["open_items"])
    return Risk(
        finding_id=f"epic_without_estimate:{row['key']}",
        kind="epic_without_estimate",
        severity=row["severity"],
        summary=f"epic {row['key']} has {counted(waiting, 'open issue')} and no estimate",
        issue_keys=(row["key"],),
        evidence={"open_items": waiting},
        since=as_date(row["created_day"]),
    )
