"""What in the data is odd, missing or left out, so that no figure is wrong in silence."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from javis_pipeline.context.days import Today, natural_order
from javis_pipeline.context.frames import Frames

_KEYS_NAMED = 3


def odd_data(frames: Frames, issues: pd.DataFrame, today: Today, *, weeks: int) -> tuple[str, ...]:
    """One sentence per oddity; empty when there is none.

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
        yield f"{without_start.sum()} items in progress have no known start{_named(issues, without_start)}"


def _odd_issues(issues: pd.DataFrame, today: Today) -> Iterator[str]:
    now = today.now
    conditions: dict[str, pd.Series[Any]] = {
        "have no known status category and are in no figure": ~issues["is_open"] & ~issues["is_done"],
        "are done, but nobody knows since when; they are in no throughput": issues["is_done"]
        & issues["finished_at"].isna(),
        "are not done but have a resolution date, which is ignored": issues["is_open"] & issues["resolved_at"].notna(),
        "are dated after now; their ages count as 0": (issues["created_at"] > now) | (issues["updated_at"] > now),
        "were finished after now; they are in no throughput yet": issues["finished_at"] > now,
        "have a due date before they were made; they count as late since then": issues["is_open"]
        & (issues["due_date"] < issues["created_day"]),
        "were finished before they were started or made; they have no cycle time": (
            issues["finished_at"] < issues["started_at"]
        )
        | (issues["finished_at"] < issues["created_at"]),
        "are open without a title": issues["key"].isin(_untitled(issues[issues["is_open"]])),
    }
    for sentence, holds in conditions.items():
        if holds.any():
            yield f"{holds.sum()} issues {sentence}{_named(issues, holds)}"


def _untitled(issues: pd.DataFrame) -> "pd.Series[str]":
    return issues.loc[issues["title"].fillna("").str.strip() == "", "key"]


def _named(issues: pd.DataFrame, holds: "pd.Series[bool]") -> str:
    keys = list(issues.loc[holds, "key"].sort_values(key=natural_order).head(_KEYS_NAMED))
    return f" ({', '.join(keys)}{', ...' if holds.sum() > len(keys) else ''})"
