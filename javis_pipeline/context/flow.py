"""How work moves through: counts, throughput, cycle times, ages, cumulative flow."""

from datetime import timedelta
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from javis_pipeline.context.days import Today, as_date
from javis_pipeline.context.finishes import Finishes
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.context import Counts, StatusCategory
from javis_pipeline.records.flow import FinishedItem, Flow, FlowDay, WeekThroughput

CATEGORIES: tuple[StatusCategory, ...] = ("new", "indeterminate", "done")
_COLUMNS = [
    "key", "status_category", "is_open", "is_done", "created_day", "started_day", "finished_day", "started_at",
    "finished_at",
]  # fmt: skip
# What a scatter plot can show; the percentiles are made from all.
_CYCLES_LISTED = 300


def count_issues(issues: pd.DataFrame) -> Counts:
    """All issues of the project by status category and type; needs `status_category` and `issue_type`."""
    category = issues["status_category"]
    totals = category.value_counts()
    table = pd.crosstab(issues["issue_type"].fillna("(none)"), category)
    return Counts(
        total=len(issues),
        new=int(totals.get("new", 0)),
        indeterminate=int(totals.get("indeterminate", 0)),
        done=int(totals.get("done", 0)),
        unknown=int(category.isna().sum()),
        by_type={
            str(issue_type): {name: int(row[name]) for name in CATEGORIES if row.get(name, 0)}
            for issue_type, row in table.iterrows()
        },
    )


def describe_flow(issues: pd.DataFrame, finishes: Finishes, today: Today, thresholds: Thresholds) -> Flow:
    """The figures of the last whole weeks (of seven days, the last one ended yesterday) and of today.

    Args:
        issues: As `with_history` returns them.
    """
    # Few columns: to copy all of them for most of the rows takes longer than the figures.
    items = issues.loc[issues["is_item"], _COLUMNS]
    weekly = daily_finished(items, today, weeks=thresholds.weeks).reshape(-1, 7).sum(axis=1)
    start = today.date - timedelta(weeks=thresholds.weeks)
    cycles = cycle_times(items, today, weeks=thresholds.weeks)
    days = cycles["cycle_days"]
    ages = today.days_since(items.loc[items["status_category"] == "indeterminate", "started_day"]).dropna()
    open_ages = today.days_since(items.loc[items["is_open"], "created_day"]).dropna()
    return Flow(
        in_progress=int((items["status_category"] == "indeterminate").sum()),
        throughput=tuple(
            WeekThroughput(start + timedelta(weeks=week), int(finished)) for week, finished in enumerate(weekly)
        ),
        finished_in_window=int(weekly.sum()),
        cycle_p50_days=_percentile(days, 50),
        cycle_p85_days=_percentile(days, 85),
        cycles_known=len(days),
        age_in_progress_p50_days=int(ages.quantile(0.5)) if len(ages) else None,
        age_in_progress_max_days=int(ages.max()) if len(ages) else None,
        open_age_p50_days=int(open_ages.quantile(0.5)) if len(open_ages) else None,
        cumulative=_cumulative(items, today, weeks=thresholds.weeks),
        cycles=_latest(cycles),
        mean_pace=_mean_pace(finishes, thresholds),
    )


def _mean_pace(finishes: Finishes, thresholds: Thresholds) -> float:
    lately = finishes.daily[-7 * thresholds.weeks :]
    return round(float(lately.sum()) / (len(lately) / 7), 2) if len(lately) >= 7 else float(lately.sum())


def daily_finished(items: pd.DataFrame, today: Today, *, weeks: int) -> npt.NDArray[np.int64]:
    """Issues finished on each of the last 7 * `weeks` days, yesterday last; needs `finished_day`."""
    length = 7 * weeks
    age = (today.day - items["finished_day"].dropna()).dt.days.to_numpy()
    return np.bincount(length - age[(age >= 1) & (age <= length)], minlength=length).astype(np.int64)


def cycle_times(items: pd.DataFrame, today: Today, *, weeks: int) -> pd.DataFrame:
    """Items finished in the last `weeks` weeks until now whose start is known, first finished first.

    Returns:
        `key`, `finished_day` and `cycle_days` (float64: days from first start to finish). An item whose history
        says that it was finished before it was started is left out.
    """
    recent = items[
        (items["finished_day"] >= today.day - pd.Timedelta(weeks=weeks)) & (items["finished_at"] <= today.now)
    ]
    recent = recent[recent["started_at"] <= recent["finished_at"]]
    days = (recent["finished_at"] - recent["started_at"]).dt.total_seconds() / 86_400
    cycles = recent[["key", "finished_day", "finished_at"]].assign(cycle_days=days)
    return cycles.sort_values(["finished_at", "key"]).drop(columns="finished_at")


def _percentile(days: "pd.Series[float]", percent: int) -> float | None:
    return round(float(days.quantile(percent / 100)), 1) if len(days) else None


def _latest(cycles: pd.DataFrame) -> tuple[FinishedItem, ...]:
    return tuple(
        FinishedItem(key, cast(Any, as_date(day)), round(days, 1))
        for key, day, days in cycles.tail(_CYCLES_LISTED).itertuples(index=False, name=None)
    )


def _cumulative(items: pd.DataFrame, today: Today, *, weeks: int) -> tuple[FlowDay, ...]:
    """By the end of each week: items created, of these started, of these finished.

    An item without a known start counts as not started until it is finished; one that is in progress without a known
    start counts as started today.
    """
    in_progress = items["status_category"] == "indeterminate"
    started = items["started_day"].where(in_progress | items["is_done"])
    started = started.fillna(today.day.to_datetime64()).where(in_progress, started)
    finished = items["finished_day"]
    # Done, but nobody knows since when: it is part of the past.
    finished = finished.where(finished.notna() | ~items["is_done"], pd.Timestamp.min.as_unit("s"))
    started = pd.concat([started, finished], axis=1).min(axis=1)
    created = pd.concat([items["created_day"], started], axis=1).min(axis=1)
    sorted_days = [np.sort(series.dropna().to_numpy("datetime64[s]")) for series in (created, started, finished)]
    days = [today.date - timedelta(weeks=week) for week in range(weeks, -1, -1)]
    reached = [np.searchsorted(column, np.array(days, "datetime64[s]"), side="right") for column in sorted_days]
    return tuple(
        FlowDay(day, new=int(made - begun), indeterminate=int(begun - ended), done=int(ended))
        for day, made, begun, ended in zip(days, *reached, strict=True)
    )
