"""Values of columns: calendar days in the project's time zone, text, and the order of keys."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import ZoneInfo

import pandas as pd

from javis_pipeline.context.frames import DAY


@dataclass(frozen=True, slots=True)
class Today:
    """The moment that a context is built for, and its calendar.

    Attributes:
        now: UTC-aware instant.
        zone: Zone that days are counted in.
    """

    now: dt.datetime
    zone: ZoneInfo

    @property
    def date(self) -> dt.date:
        """Today's calendar date."""
        return self.now.astimezone(self.zone).date()

    @property
    def day(self) -> pd.Timestamp:
        """Today as a value of a day column."""
        return pd.Timestamp(self.date)

    def day_of(self, instants: "pd.Series[Any]") -> "pd.Series[Any]":
        """Calendar days (datetime64[s]) of `instants` (datetime64[us, UTC]), indexed like them; NaT stays."""
        local = instants.dt.tz_convert(self.zone).dt.tz_localize(None)
        return cast("pd.Series[Any]", local.dt.normalize().astype(DAY))

    def date_of(self, instant: Any) -> dt.date | None:
        """Calendar date of one value of an instant column; None for NaT."""
        return None if pd.isna(instant) else pd.Timestamp(instant).astimezone(self.zone).date()

    def days_since(self, days: "pd.Series[Any]") -> "pd.Series[float]":
        """Whole days from each day to today, NaN for NaT. A day in the future counts as today: 0."""
        return cast("pd.Series[float]", (self.day - days).dt.days.clip(lower=0).astype("float64"))


def as_date(day: Any) -> dt.date | None:
    """The date of a value of a day column; None for NaT."""
    return None if pd.isna(day) else pd.Timestamp(day).date()


def as_text(value: Any) -> str | None:
    """The value of a str column; None for NaN."""
    return None if pd.isna(value) else str(value)


def natural_order(keys: "pd.Series[str]") -> "pd.Series[str]":
    """A sort key for issue keys that puts OQC-9 before OQC-10."""
    return keys.str.replace(r"\d+$", lambda number: number[0].zfill(12), regex=True)


def looked_up(keys: "pd.Series[Any]", values: "pd.Series[Any]") -> "pd.Series[Any]":
    """The value of each key, indexed like `keys`; missing where `values` has no such label.

    Unlike `Series.map` it keeps the dtype of `values` when these are empty.
    """
    return values.reindex(keys).set_axis(keys.index)
