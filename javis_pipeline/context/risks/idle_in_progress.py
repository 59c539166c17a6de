"""Issues in progress that nobody touched for longer than work here usually takes."""

from collections.abc import Hashable, Mapping
from typing import Any

from javis_pipeline.context.attention import is_forgotten
from javis_pipeline.context.days import as_date
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found_rows, graded
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.context.wording import counted
from javis_pipeline.records.context import Flow, Risk


def find(facts: Facts) -> Found:
    """High from twice the limit on, else medium, low when forgotten; since the day of the last change."""
    limit = idle_limit(facts.flow, facts.thresholds)
    issues = facts.in_progress[~facts.in_progress["is_epic"]]
    days = facts.today.days_since(issues["updated_day"].fillna(issues["created_day"]))
    rows = issues.assign(
        days=days,
        limit=limit,
        severity=graded(days > 2 * limit, "medium", low=is_forgotten(issues, facts.today, facts.thresholds)),
    )
    rows = rows[days > limit]
    return found_rows("idle_in_progress", rows, _risk, worst_by="days", limit=facts.thresholds.risks_per_kind)


def idle_limit(flow: Flow, thresholds: Thresholds) -> float:
    """Days without a change that are still usual: the project's own 85th percentile of cycle times, within bounds."""
    if flow.cycle_p85_days is None or flow.cycles_known < thresholds.cycles_min:
        return float(thresholds.idle_days_default)
    return min(max(flow.cycle_p85_days, thresholds.idle_days_min), thresholds.idle_days_max)


def _risk(row: Mapping[Hashable, Any]) -> Risk:
    days = int(row["days"])
    return Risk(
        finding_id=f"idle_in_progress:{row['key']}",
        kind="idle_in_progress",
        severity=row["severity"],
        summary=(
            f"{row['key']} is in progress and was not touched for {counted(days, 'day')}; "
            f"usual is up to {row['limit']:g}"
        ),
        issue_keys=(row["key"],),
        evidence={"idle_days": days, "usual_days": row["limit"]},
        since=as_date(row["updated_day"]),
    )
