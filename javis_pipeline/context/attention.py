"""Which issues the project itself calls important, and which it has forgotten."""

import pandas as pd

from javis_pipeline.context.days import Today
from javis_pipeline.context.thresholds import Thresholds


def is_high(issues: pd.DataFrame, thresholds: Thresholds) -> "pd.Series[bool]":
    """Whether each issue's `priority` is a high one. An issue without priority has none that is high."""
    return issues["priority"].str.casefold().isin(thresholds.high_priorities)


def is_forgotten(issues: pd.DataFrame, today: Today, thresholds: Thresholds) -> "pd.Series[bool]":
    """Whether nobody changed the issue for very long and no active sprint holds it: a matter of tidying up.

    Args:
        issues: As `with_history` returns them, with `in_sprint`.
    """
    untouched = today.days_since(issues["updated_day"].fillna(issues["created_day"]))
    return (untouched > thresholds.forgotten_days) & ~issues["in_sprint"]
