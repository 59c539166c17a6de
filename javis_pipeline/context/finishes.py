"""When work was finished, and what of that says nothing about how fast it goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from javis_pipeline.context.days import Today
from javis_pipeline.context.wording import counted

# What happened longer ago was another team.
YEARS_KEPT: Final = 6
# So many issues finished in one minute were closed in bulk: tidying up, an import, a script.
BULK: Final = 20
# A team that does so in every fourth month closes its work that way.
_HABIT: Final = 0.25
_HABIT_DAYS: Final = 28
# A project has begun when so many items were finished within half a year, not with one that somebody dated long ago.
_BEGUN_ITEMS: Final = 5
_BEGUN_WITHIN: Final = np.timedelta64(182, "D")


@dataclass(frozen=True, slots=True, eq=False)
class Finishes:
    """The finished work items of a project, as far as they tell its pace.

    Attributes:
        daily: Items finished on each day since the project began to finish something, yesterday last.
        rows: Index of the issues that are counted.
        in_bulk: Items left out because they were closed in bulk.
        imported: Items left out because they were finished before they were made.
        undated: Done items of which nobody knows when they were finished.
        total: All done items.
    """

    daily: npt.NDArray[np.int64]
    rows: "pd.Index[int]"
    in_bulk: int = 0
    imported: int = 0
    undated: int = 0
    total: int = 0

    @property
    def left_out(self) -> str:
        """How that was finished which is not counted; "" when all is."""
        how = [("in bulk", self.in_bulk), ("what was imported", self.imported)]
        return " and ".join(words for words, count in how if count)

    def notes(self) -> Iterator[str]:
        """What was left out of the forecast, in sentences."""
        if self.in_bulk:
            yield f"closed in bulk, so in no forecast: {counted(self.in_bulk, 'item')}"
        if self.imported:
            yield f"finished before being made, so in no forecast: {counted(self.imported, 'item')}"


def finishes_of(issues: pd.DataFrame, today: Today) -> Finishes:
    """What the project finished until yesterday.

    Args:
        issues: As `with_history` returns them.
    """
    done = issues.loc[issues["is_item"] & issues["is_done"], ["finished_at", "finished_day", "created_day"]]
    dated = done[done["finished_day"] < today.day]
    imported = dated["finished_day"] < dated["created_day"]
    dated = dated[~imported]
    first = today.day - pd.DateOffset(years=YEARS_KEPT)
    recent = dated[dated["finished_day"] >= first]
    bulk = _in_bulk(recent["finished_at"])
    recent = recent[~bulk]
    days = np.sort(recent["finished_day"].to_numpy("datetime64[D]"))
    return Finishes(
        daily=_by_day(days, np.datetime64(today.date)),
        rows=recent.index,
        in_bulk=int(bulk.sum()),
        imported=int(imported.sum()),
        undated=int(done["finished_at"].isna().sum()),
        total=len(done),
    )


def _in_bulk(finished_at: "pd.Series[pd.Timestamp]") -> "pd.Series[bool]":
    """Which items were closed in one minute with many others, in a project where that is no habit."""
    minutes = finished_at.dt.floor("min")
    in_bulk = minutes.map(minutes.value_counts()).fillna(0) >= BULK
    if not in_bulk.any():
        return in_bulk
    ages = (finished_at.max() - finished_at).dt.days // _HABIT_DAYS
    is_habit = ages[in_bulk].nunique() > max(1, _HABIT * (ages.max() + 1))
    return in_bulk & (not is_habit)


def _by_day(days: npt.NDArray[np.datetime64], today: np.datetime64) -> npt.NDArray[np.int64]:
    if not len(days):
        return np.zeros(0, dtype=np.int64)
    later = days[_BEGUN_ITEMS - 1 :]
    begun = np.flatnonzero(later - days[: len(later)] <= _BEGUN_WITHIN)
    ages = (today - days[begun[0] if len(begun) else 0 :]).astype(np.int64)
    return np.bincount(ages.max() - ages, minlength=ages.max()).astype(np.int64)
