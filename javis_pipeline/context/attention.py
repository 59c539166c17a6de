"""Which issues the project itself calls important, and which it has forgotten."""

import datetime as dt
from typing import Final

import pandas as pd

from javis_pipeline.context.days import Today, as_date
from javis_pipeline.context.thresholds import Thresholds

# A project in which nothing changed for longer sleeps: holidays are shorter.
_ASLEEP_DAYS: Final = 30


def is_high(issues: pd.DataFrame, thresholds: Thresholds) -> "pd.Series[bool]":
    """Whether each issue's `priority` is a high one. An issue without priority has none that is high."""
    return issues["priority"].str.casefold().isin(thresholds.high_priorities)


def is_forgotten(issues: pd.DataFrame, today: Today, thresholds: Thresholds) -> "pd.Series[bool]":
    """Whether nobody changed the issue for very long and no active sprint holds it: a matter of tidying up.

    Args:
        issues: As `with_history` returns them, with `in_sprint`.
    """
    untouched = today.days_since(touched_day(issues))
    return (untouched > thresholds.forgotten_days) & ~issues["in_sprint"]


def touched_day(issues: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """The day on which each issue last changed; NaT when nobody knows."""
    return issues["updated_day"].fillna(issues["created_day"])


def asleep_since(issues: pd.DataFrame, today: Today) -> dt.date | None:
    """The last day on which anything changed in a project with open issues where nothing did lately; None: it lives.

    Args:
        issues: As `with_history` returns them.
    """
    last = touched_day(issues).max()
    if not issues["is_open"].any() or pd.isna(last) or last >= today.day - pd.Timedelta(days=_ASLEEP_DAYS):
        return None
    return as_date(last)
