"""Open issues whose due date has passed."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from javis_pipeline.context.attention import is_forgotten, is_high
from javis_pipeline.context.days import as_date
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found_rows, graded
from javis_pipeline.context.wording import counted
from javis_pipeline.records.risk import Risk


def find(facts: Facts) -> Found:
    """High when the issue is being worked on, is in the sprint or has a high priority; else medium. Low when forgotten.

    An issue that was already late when it was made is late since then, not since its due date.
    """
    issues = facts.open_issues
    late = issues[issues["due_date"] < facts.today.day]
    since = pd.concat([late["due_date"] + pd.Timedelta(days=1), late["created_day"]], axis=1).max(axis=1)
    matters = (late["status_category"] == "indeterminate") | late["in_sprint"] | is_high(late, facts.thresholds)
    rows = late.assign(since=since, days=facts.today.days_since(since) + 1)
    rows["severity"] = graded(matters, "medium", low=is_forgotten(late, facts.today, facts.thresholds))
    return found_rows("overdue", rows, _risk, worst_by="days", limit=facts.thresholds.risks_per_kind)


def _risk(row: Mapping[Hashable, Any]) -> Risk:
    days = int(row["days"])
    return Risk(
        finding_id=f"overdue:{row['key']}",
        kind="overdue",
        severity=row["severity"],
        summary=f"{row['key']} is overdue for {counted(days, 'day')}",
        issue_keys=(row["key"],),
        evidence={"days_overdue": days, "due_date": str(as_date(row["due_date"]))},
        since=as_date(row["since"]),
    )
