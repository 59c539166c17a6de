"""Issues in progress that nobody touched for longer than work here usually takes."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from javis_pipeline.context.attention import is_forgotten
from javis_pipeline.context.days import as_date
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found_rows, graded
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.context.wording import counted
from javis_pipeline.records.flow import Flow
from javis_pipeline.records.risk import Risk


def find(facts: Facts) -> Found:
    """High from twice the limit on, else medium; since the day of the last change. Low when the issue is forgotten,
    or when nothing at all moves here, which is a finding of its own.
    """
    limit = idle_limit(facts.flow, facts.thresholds)
    issues = facts.in_progress[~facts.in_progress["is_epic"]]
    days = facts.today.days_since(issues["updated_day"].fillna(issues["created_day"]))
    rows = issues.assign(
        days=days,
        limit=limit,
        usual=usual_days(facts.flow, facts.thresholds),
        severity=graded(
            days > 2 * limit,
            "medium",
            low=is_forgotten(issues, facts.today, facts.thresholds) | (facts.asleep_since is not None),
        ),
    )
    rows = rows[days > limit]
    return found_rows("idle_in_progress", rows, _risk, worst_by="days", limit=facts.thresholds.risks_per_kind)


def idle_limit(flow: Flow, thresholds: Thresholds) -> float:
    """Days without a change that are still usual: the project's own 85th percentile of cycle times, within bounds."""
    usual = usual_days(flow, thresholds)
    if usual is None:
        return float(thresholds.idle_days_default)
    return min(max(usual, thresholds.idle_days_min), thresholds.idle_days_max)


def usual_days(flow: Flow, thresholds: Thresholds) -> float | None:
    """85 % of the finished items took no longer from start to finish; None when too few of these times are known."""
    return flow.cycle_p85_days if flow.cycles_known >= thresholds.cycles_min else None


def _risk(row: Mapping[Hashable, Any]) -> Risk:
    days, usual = int(row["days"]), row["usual"]
    evidence: dict[str, int | float | str] = {"idle_days": days, "limit_days": row["limit"]}
    # An item may take longer than any item may lie untouched.
    is_telling = not pd.isna(usual) and usual < days
    if is_telling:
        evidence["usual_days"] = usual
    return Risk(
        finding_id=f"idle_in_progress:{row['key']}",
        kind="idle_in_progress",
        severity=row["severity"],
        summary=(
            f"{row['key']} is in progress and was not touched for {counted(days, 'day')}"
            f"{f'; usual from start to finish is up to {usual:g}' if is_telling else ''}"
        ),
        issue_keys=(row["key"],),
        evidence=evidence,
        since=as_date(row["updated_day"]),
    )
