"""Issues that are due within days and that nobody has begun."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from javis_pipeline.context.days import as_date
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found_rows, graded
from javis_pipeline.context.wording import counted
from javis_pipeline.records.risk import Risk


def find(facts: Facts) -> Found:
    """High when due today or tomorrow, else medium; since the day it came within reach of its due date."""
    today, soon = facts.today.day, pd.Timedelta(days=facts.thresholds.due_soon_days)
    issues = facts.not_started
    rows = issues[(issues["due_date"] >= today) & (issues["due_date"] <= today + soon)]
    days_left = (rows["due_date"] - today).dt.days
    since = pd.concat([rows["due_date"] - soon, rows["created_day"]], axis=1).max(axis=1)
    rows = rows.assign(days_left=days_left, nearness=-days_left, since=since, severity=graded(days_left <= 1, "medium"))
    return found_rows("due_soon_not_started", rows, _risk, worst_by="nearness", limit=facts.thresholds.risks_per_kind)


def _risk(row: Mapping[Hashable, Any]) -> Risk:
    days = int(row["days_left"])
    when = {0: "today", 1: "tomorrow"}.get(days, f"in {counted(days, 'day')}")
    return Risk(
        finding_id=f"due_soon_not_started:{row['key']}",
        kind="due_soon_not_started",
        severity=row["severity"],
        summary=f"{row['key']} is due {when} and not started",
        issue_keys=(row["key"],),
        evidence={"days_left": days, "due_date": str(as_date(row["due_date"]))},
        since=as_date(row["since"]),
    )
