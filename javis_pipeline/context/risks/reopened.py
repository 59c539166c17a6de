"""Issues that were done a short while ago and are open again."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from javis_pipeline.context.days import as_date
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found_rows, graded
from javis_pipeline.context.wording import counted
from javis_pipeline.records.risk import Risk


def find(facts: Facts) -> Found:
    """High when it was not the first time, else medium; since the day it was reopened."""
    issues = facts.open_issues
    since = facts.today.day_of(issues["reopened_at"])
    rows = issues.assign(
        since=since, days=facts.today.days_since(since), severity=graded(issues["reopenings"] > 1, "medium")
    )
    rows = rows[since >= facts.today.day - pd.Timedelta(days=facts.thresholds.reopened_days)]
    return found_rows("reopened", rows, _risk, worst_by="reopenings", limit=facts.thresholds.risks_per_kind)


def _risk(row: Mapping[Hashable, Any]) -> Risk:
    times, days = int(row["reopenings"]), int(row["days"])
    when = "today" if days == 0 else f"{counted(days, 'day')} ago"
    again = "" if times == 1 else f", {times} times by now"
    return Risk(
        finding_id=f"reopened:{row['key']}",
        kind="reopened",
        severity=row["severity"],
        summary=f"{row['key']} was reopened {when}{again}",
        issue_keys=(row["key"],),
        evidence={"reopenings": times, "days_ago": days},
        since=as_date(row["since"]),
    )
