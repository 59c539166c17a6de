"""Records that were edited on both sides and wait for a person's choice."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from javis_pipeline.context.days import as_date, looked_up
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found_rows, graded
from javis_pipeline.context.wording import counted
from javis_pipeline.records.risk import Risk

# Until it is settled neither side gets the other's value, so people work on different texts.
_HIGH_DAYS = 3


def find(facts: Facts) -> Found:
    """One risk per record; high from three days on, else medium; since the oldest conflict was found."""
    conflicts = facts.frames.conflicts
    by_record = conflicts.groupby(["resource_type", "resource_id"], as_index=False).agg(
        fields=("field_name", "nunique"), created_at=("created_at", "min")
    )
    ours = facts.issues[facts.issues["jira_id"].isin(by_record["resource_id"])]
    keys = looked_up(by_record["resource_id"], ours.set_index("jira_id")["key"])
    is_page = by_record["resource_type"] == "confluence_page"
    since = facts.today.day_of(by_record["created_at"])
    days = facts.today.days_since(since)
    rows = by_record.assign(
        is_page=is_page,
        key=by_record["resource_id"].where(is_page, keys.fillna(by_record["resource_id"])),
        since=since,
        days=days,
        severity=graded(days >= _HIGH_DAYS, "medium"),
    )
    return found_rows("conflict_open", rows, _risk, worst_by="days", limit=facts.thresholds.risks_per_kind)


def _risk(row: Mapping[Hashable, Any]) -> Risk:
    days, fields, is_page = row["days"], int(row["fields"]), bool(row["is_page"])
    evidence: dict[str, int | float | str] = {"fields": fields}
    if not pd.isna(days):
        evidence["days"] = int(days)
    what = f"page {row['key']}" if is_page else row["key"]
    return Risk(
        finding_id=f"conflict_open:{'page-' if is_page else ''}{row['key']}",
        kind="conflict_open",
        severity=row["severity"],
        summary=f"{what} was edited on both sides ({counted(fields, 'field')}) and waits for a choice",
        issue_keys=() if is_page else (row["key"],),
        evidence=evidence,
        since=as_date(row["since"]),
        page_ids=(row["key"],) if is_page else (),
    )
