"""Issues of high priority that wait without anybody touching them."""

from collections.abc import Hashable, Mapping
from typing import Any

from javis_pipeline.context.attention import is_forgotten, is_high
from javis_pipeline.context.days import as_date
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found_rows, graded
from javis_pipeline.context.wording import counted
from javis_pipeline.records.risk import Risk


def find(facts: Facts) -> Found:
    """Medium; high in an active sprint, low when forgotten. Since the day of the last change."""
    issues = facts.not_started[~facts.not_started["is_epic"]]
    days = facts.today.days_since(issues["updated_day"].fillna(issues["created_day"]))
    rows = issues.assign(
        days=days,
        severity=graded(issues["in_sprint"], "medium", low=is_forgotten(issues, facts.today, facts.thresholds)),
    )
    rows = rows[is_high(issues, facts.thresholds) & (days >= facts.thresholds.untouched_days)]
    return found_rows("high_priority_untouched", rows, _risk, worst_by="days", limit=facts.thresholds.risks_per_kind)


def _risk(row: Mapping[Hashable, Any]) -> Risk:
    days = int(row["days"])
    return Risk(
        finding_id=f"high_priority_untouched:{row['key']}",
        kind="high_priority_untouched",
        severity=row["severity"],
        summary=(
            f"{row['key']} has priority {row['priority']}, is not started and was not touched for "
            f"{counted(days, 'day')}"
        ),
        issue_keys=(row["key"],),
        evidence={"untouched_days": days, "priority": row["priority"]},
        since=as_date(row["updated_day"]),
    )
