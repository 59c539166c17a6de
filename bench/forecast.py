"""Do the forecast's dates hold as often as they say?

Walks through histories: made-up teams, and the projects of the corpus files that are named. At 200 instants each the
next items (as many as the team does in so many weeks) are forecast from what was known then, by the product's own path,
and compared with what then happened, closing in bulk included.

An interval is the range that 95 of 100 such histories would show, drawn in blocks as long as the way ahead: forecasts
that overlap succeed and fail together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench import subjects
from bench.corpora import Corpus, made_teams, read_corpora, today_of
from javis_pipeline.context.finishes import finishes_of
from javis_pipeline.context.forecast import history_of
from javis_pipeline.context.history import with_history
from javis_pipeline.context.outlook import Outlook, Work
from javis_pipeline.context.thresholds import Thresholds

WEEKS: Final = (1, 2, 4, 8, 13)
LEVELS: Final = (0.50, 0.85, 0.95)
# How often the 85 % date of the work of one to eight weeks has to hold.
BAND: Final = (0.80, 0.92)
_BOUND_WEEKS: Final = 8
_INSTANTS: Final = 200
_LEAST: Final = 20
# One history of nine years says little about how often a date of a quarter holds.
_MADE_TEAMS: Final = 5

Held = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Whether each forecast held: one row each, a column for each of `LEVELS`; in the order of time.

    Attributes:
        apart: Days between two forecasts.
    """

    weeks: int
    held: Held
    apart: float

    @property
    def share(self) -> float:
        """How often the 85 % date held."""
        return float(self.held[:, 1].mean())

    def interval(self) -> tuple[float, float]:
        """95 % interval of `share`."""
        rng, count = np.random.default_rng(0), len(self.held)
        block = max(1, round(7 * self.weeks / self.apart))
        starts = rng.integers(count, size=(400, -(-count // block)))
        places = (starts[:, :, None] + np.arange(block)).reshape(400, -1)[:, :count] % count
        low, high = np.quantile(self.held[:, 1][places].mean(axis=1), [0.025, 0.975])
        return float(low), float(high)


def measure(files: Sequence[Path] = ()) -> int:
    """Print how often each date held, by the weeks ahead; 1 when that is not as often as it says."""
    print(f"How often the 85 % date held, at up to {_INSTANTS} instants each, and the 95 % interval of that.")
    print(f"| {'weeks ahead':28} |" + "".join(f"{weeks:>18} |" for weeks in WEEKS))
    print(f"|{'-' * 30}|" + f"{'-' * 18}:|" * len(WEEKS))
    missed = False
    for alike in (*made_teams(teams=_MADE_TEAMS), *([corpus] for corpus in read_corpora(files))):
        cells: dict[int, str] = {}
        for found in _together(alike):
            is_off = found.weeks <= _BOUND_WEEKS and _is_off(found, is_made=alike[0].is_made)
            missed |= is_off
            cells[found.weeks] = f"{_cell(found)}{' *' * is_off}"
        if cells:
            row = "".join(f"{cells.get(weeks, '-'):>18} |" for weeks in WEEKS)
            print(f"| {alike[0].name:28} |{row}", flush=True)
    print(f"wanted: {BAND[0]:.0%} to {BAND[1]:.0%} up to {_BOUND_WEEKS} weeks{'  MISSED (*)' * missed}")
    if files:
        print("\nSprints and epics, all corpora together:")
        subjects.measure(files)
    return int(missed)


def _together(alike: Sequence[Corpus]) -> Iterator[Calibration]:
    """The calibrations of projects of one kind as if they were one after the other."""
    found = [each for corpus in alike for each in calibrations(corpus, instants=_INSTANTS // len(alike))]
    for weeks in WEEKS:
        parts = [each for each in found if each.weeks == weeks]
        if parts:
            yield Calibration(weeks, np.concatenate([each.held for each in parts]), parts[0].apart)


def _is_off(found: Calibration, *, is_made: bool) -> bool:
    low, high = (found.share, found.share) if is_made else found.interval()
    return high < BAND[0] or low > BAND[1]


def _cell(found: Calibration) -> str:
    low, high = found.interval()
    return f"{100 * found.share:.1f} ({100 * low:.0f}-{100 * high:.0f})"


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A past morning: what was known of the pace, and what then came.

    Attributes:
        place: 0.0 to 1.0, in the order of time.
        days: Each finished item's day, ascending.
    """

    place: float
    instant: np.datetime64
    outlook: Outlook
    days: npt.NDArray[np.datetime64]

    @property
    def until(self) -> int:
        """Days that are known from here on."""
        return int((self.days[-1] - self.instant).astype(int))

    def took(self, items: int) -> float:
        """Days until so many items were finished; infinite when they never were."""
        place = int(np.searchsorted(self.days, self.instant)) + items - 1
        return float((self.days[place] - self.instant).astype(int)) if place < len(self.days) else np.inf


def moments(corpus: Corpus, *, instants: int) -> Iterator[Moment]:
    """The mornings, spread over the history, on which the product gives a forecast."""
    issues = with_history(corpus.frames, today_of(corpus.last.to_pydatetime()))
    issues = issues[["is_item", "is_done", "created_at", "created_day", "finished_at", "finished_day"]]
    days = np.sort(issues.loc[issues["is_item"], "finished_day"].dropna().to_numpy("datetime64[D]"))
    if not len(days):
        return
    length = (days[-1] - days[0]).astype(int)
    for place, day in enumerate(np.linspace(84, length - 14, instants)):
        instant = days[0] + np.timedelta64(int(day), "D")
        outlook = _outlook(issues, instant)
        if outlook is not None:
            yield Moment(place / instants, instant, outlook, days)


def calibrations(corpus: Corpus, *, instants: int = _INSTANTS, weeks: Sequence[int] = WEEKS) -> Iterator[Calibration]:
    """One for each of `weeks` at which enough forecasts were made and came due."""
    held: dict[int, list[list[bool]]] = {each: [] for each in weeks}
    apart = 0.0
    for moment in moments(corpus, instants=instants):
        apart = float((moment.days[-1] - moment.days[0]).astype(int)) / instants
        for each in weeks:
            row = _held(moment, each)
            held[each] += [row] if row else []
    for each, rows in held.items():
        if len(rows) >= _LEAST:
            yield Calibration(each, np.array(rows, dtype=np.float64), apart)


def _outlook(issues: pd.DataFrame, instant: np.datetime64) -> Outlook | None:
    """What was known on the morning of a day; None when the product gives no forecast."""
    morning = pd.Timestamp(instant).tz_localize("UTC")
    known = issues[issues["created_at"] < morning]
    known = known.assign(is_done=known["finished_at"] < morning)
    today, limits = today_of(morning.to_pydatetime()), Thresholds()
    if history_of(known, today, limits)[1]:
        return None
    return Outlook(finishes_of(known, today).daily, limits.weeks)


def _held(moment: Moment, weeks: int) -> list[bool] | None:
    """Whether the items were done by each date; None where that cannot be told, as the history ends before."""
    items = max(1, round(moment.outlook.pace * weeks))
    if moment.until < 1.5 * 7 * weeks:
        return None
    took = moment.took(items)
    dates = [np.floor(moment.outlook.days_until(Work(items), level)) for level in LEVELS]
    if np.isinf(took) and dates[1] >= moment.until:
        return None
    return [bool(took <= date) for date in dates]
