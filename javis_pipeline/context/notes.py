"""What in the data is odd, missing or left out, so that no figure is wrong in silence."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from javis_pipeline.context.days import Today, natural_order
from javis_pipeline.context.frames import Frames
from javis_pipeline.context.wording import counted

_KEYS_NAMED = 3


def odd_data(frames: Frames, issues: pd.DataFrame, today: Today, *, weeks: int) -> tuple[str, ...]:
    """One line per oddity; empty when there is none.

    Args:
        issues: As `with_history` returns them.
        weeks: How far the figures look back.
    """
    if issues.empty:
        return ("no issue of this project is here yet",)
    return (*_missing_history(frames, issues, today.day - pd.Timedelta(weeks=weeks)), *_odd_issues(issues, today))


def _missing_history(frames: Frames, issues: pd.DataFrame, since: pd.Timestamp) -> Iterator[str]:
    moved = (issues["status_category"] == "indeterminate") | (issues["finished_day"] >= since)
    if frames.status_changes.empty and moved.any():
        yield "no status changes are known (is the changelog readable?): no cycle times, reopenings or ages in progress"
    without_start = issues["is_item"] & (issues["status_category"] == "indeterminate") & issues["started_at"].isna()
    if not frames.status_changes.empty and without_start.any():
        count = counted(int(without_start.sum()), "item")
        yield f"in progress without a known start: {count}{_named(issues, without_start)}"


def _odd_issues(issues: pd.DataFrame, today: Today) -> Iterator[str]:
    now = today.now
    conditions: dict[str, pd.Series[Any]] = {
        "without a known status category, so in no figure": ~issues["is_open"] & ~issues["is_done"],
        "done, but nobody knows since when, so in no throughput": issues["is_done"] & issues["finished_at"].isna(),
        "not done, but with a resolution date, which is ignored": issues["is_open"] & issues["resolved_at"].notna(),
        "dated after now; ages count as 0": (issues["created_at"] > now) | (issues["updated_at"] > now),
        "finished after now, so in no throughput yet": issues["finished_at"] > now,
        "due before being made, so late since then": issues["is_open"] & (issues["due_date"] < issues["created_day"]),
        "finished before being started or made, so without a cycle time": (issues["finished_at"] < issues["started_at"])
        | (issues["finished_at"] < issues["created_at"]),
        "open without a title": issues["key"].isin(_untitled(issues[issues["is_open"]])),
    }
    for oddity, holds in conditions.items():
        if holds.any():
            yield f"{oddity}: {counted(int(holds.sum()), 'issue')}{_named(issues, holds)}"


def _untitled(issues: pd.DataFrame) -> "pd.Series[str]":
    return issues.loc[issues["title"].fillna("").str.strip() == "", "key"]


def _named(issues: pd.DataFrame, holds: "pd.Series[bool]") -> str:
    keys = list(issues.loc[holds, "key"].sort_values(key=natural_order).head(_KEYS_NAMED))
    return f" ({', '.join(keys)}{', ...' if holds.sum() > len(keys) else ''})"
