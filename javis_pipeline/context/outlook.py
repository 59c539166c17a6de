"""How long work takes that comes from a team's pace: dates that hold as often as they say.

The pace is the mean of the last weeks, the recent ones counting more. How far the truth strays from it grows with the
way ahead, and differs between teams: a steady one keeps its pace for a quarter, a dying one does not for a week. So the
spread is learned from the team's own past: at each of its past weeks the same forecast is made from what was known
then, and held against what came. Where that past is short, a spread common to many projects stands in for it.

Everything is computed, nothing drawn at random. Times are in days from this morning, parts of days included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

# A week counts half as much as the one so many weeks later. `make bench ARGS=pace` holds other choices against it.
PACE_HALF_LIFE: Final = 8.0
# How far ahead the past forecasts looked that are held against what came.
AHEAD_WEEKS: Final = (1, 2, 4, 8, 13, 26)
# Whether a past forecast held is judged when so many times the way ahead has gone by, for all alike: those that came
# true would otherwise be known sooner than those that did not.
_JUDGED_AFTER: Final = 2.5
_RECORD_WEEKS: Final = 5 * 52
_RECORD_HALF_LIFE: Final = 104.0
# Projects in general count like so many past forecasts, apart in time, of the project itself.
_PRIOR_FORECASTS: Final = 0.5
# Spread of the logarithm of the pace: at once, and for each week ahead.
_SPREAD_NOW: Final = 0.25
_SPREAD_A_WEEK: Final = 0.07
# Projects end, and few get faster: of the median, as a logarithm.
_LATER: Final = 0.03
# Finishing comes in bursts: variance over mean of a week's items, in general.
_BURSTS: Final = 2.0
# Past forecasts count by how near they are, in the logarithm of the weeks ahead.
_NEIGHBOURS: Final = 0.4
# Fewer past forecasts, apart in time, say nothing.
_TOO_FEW: Final = 1.0
_MOST_OFF: Final = 3.0
# Past forecasts are judged from so many weeks and items on, as the ones that are made.
_WEEKS_MIN: Final = 6
_ITEMS_MIN: Final = 10
_ITEMS_FOR_WEEKDAYS: Final = 50.0

# Likelihoods at which the spread is told, as normal scores.
_SCORES: Final = np.array([0.0, 1.036, 1.645])
_LEVELS: Final = (0.50, 0.85, 0.95)
# Beyond these scores nothing is told apart.
_FAR: Final = 4.0


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be finished.

    Attributes:
        items: At least 1.
        share: Part of what the project finishes that belongs to it, 0 < share <= 1.
        share_doubt: Variance of the logarithm of the share.
        later: How much later than a random choice of as many items these ones are, as a logarithm.
    """

    items: int
    share: float = 1.0
    share_doubt: float = 0.0
    later: float = 0.0


@dataclass(frozen=True, eq=False)
class Outlook:
    """What a project's past says about its future.

    Attributes:
        daily: Items finished on each day since the project began to, yesterday last.
        weeks: So many last weeks make the pace.
        half_life: A week counts half as much as the one so many weeks later.
    """

    daily: npt.NDArray[np.int64]
    weeks: int = 26
    half_life: float = PACE_HALF_LIFE

    @property
    def pace(self) -> float:
        """Items a week, now; 0.0 when nothing was finished in the weeks that count."""
        return float(self._paces[0][-1])

    @property
    def paces(self) -> Numbers:
        """Items a week, as they were known after each week of `daily`, counted back from now."""
        return self._paces[0]

    @cached_property
    def forecasts_judged(self) -> float:
        """How many past forecasts of a month's work, apart in time, the spread was learned from."""
        return next((judged for ahead, judged, _ in self._record if ahead == 4), 0.0)

    def days_until(self, work: Work, likelihood: float) -> float:
        """Days from this morning by which the work is done with that likelihood; parts of a day are parts of it.

        Infinite when nothing is ever finished.
        """
        return float(self.days_at(work, [likelihood])[0])

    def days_at(self, work: Work, likelihoods: Sequence[float]) -> Numbers:
        """`days_until` for several likelihoods at once."""
        if self.pace <= 0.0:
            return np.full(len(likelihoods), np.inf)
        scores, logs = self._spread_of(work)
        weeks = np.exp(np.interp([_score(each) for each in likelihoods], scores, logs))
        whole = np.floor(weeks)
        days: Numbers = 7 * whole + np.interp(weeks - whole, self._week_done, np.arange(8))
        return days

    def likelihood(self, work: Work, days: int) -> float:
        """How likely the work is done within so many days, today being the first; 0.0 for less than one."""
        if days < 1 or self.pace <= 0.0:
            return 0.0
        scores, logs = self._spread_of(work)
        weeks = days // 7 + self._week_done[days % 7]
        return 0.0 if weeks <= 0 else _likelihood(float(np.interp(np.log(weeks), logs, scores)))

    @cached_property
    def _weekly(self) -> npt.NDArray[np.int64]:
        weekly: npt.NDArray[np.int64] = self._whole_weeks.reshape(-1, 7).sum(axis=1)
        return weekly

    @cached_property
    def _whole_weeks(self) -> npt.NDArray[np.int64]:
        """`daily` with zeros before it, so that it is weeks which end yesterday."""
        return np.concatenate([np.zeros(-len(self.daily) % 7, dtype=np.int64), self.daily])

    @cached_property
    def _week_done(self) -> Numbers:
        """Part of a week's items that is finished by the start of each of its days, today first, and by its end."""
        lately = self._whole_weeks[-7 * self.weeks :].reshape(-1, 7).sum(axis=0).astype(np.float64)
        # A few items say little about weekdays.
        lately += max(0.0, 1.0 - lately.sum() / _ITEMS_FOR_WEEKDAYS) * max(lately.sum(), 1.0) / 7
        return np.concatenate([[0.0], np.cumsum(lately) / lately.sum()])

    @cached_property
    def _paces(self) -> tuple[Numbers, Numbers]:
        """Pace and burstiness as they were known after each week; the last ones are today's."""
        weekly, weights = self._weekly.astype(np.float64), 0.5 ** ((np.arange(self.weeks) + 0.5) / self.half_life)
        if not len(weekly):
            return np.zeros(1), np.ones(1)
        counts = np.minimum(np.arange(1, len(weekly) + 1), self.weeks)
        pace = np.convolve(weekly, weights)[: len(weekly)] / np.cumsum(weights)[counts - 1]
        sums, squares = (_last_sums(values, self.weeks) for values in (weekly, weekly**2))
        variance = (squares - sums**2 / counts) / np.maximum(counts - 1, 1)
        return pace, variance / np.maximum(sums / counts, 1e-9)

    @cached_property
    def _record(self) -> tuple[tuple[int, float, Numbers], ...]:
        """How past forecasts turned out: weeks ahead, how many apart in time, and how far the truth was from the prior
        at `_LEVELS`, in units of the prior's way from its median to its 85 % date.
        """
        return tuple(self._judged(ahead) for ahead in AHEAD_WEEKS)

    def _judged(self, ahead: int) -> tuple[int, float, Numbers]:
        pace, bursts = self._paces
        total = np.concatenate([[0], np.cumsum(self._whole_weeks)])
        now = len(self._weekly)
        made = np.arange(max(_WEEKS_MIN, now - _RECORD_WEEKS), now - int(_JUDGED_AFTER * ahead) + 1)
        lately = _last_sums(self._weekly.astype(np.float64), self.weeks)
        made = made[lately[made - 1] >= _ITEMS_MIN]
        if not len(made):
            return ahead, 0.0, np.zeros(len(_LEVELS))
        items = np.maximum(1.0, np.round(pace[made - 1] * ahead))
        took = np.searchsorted(total[1:], total[7 * made] + items) - 7 * made
        truth = np.log((took + 0.5) / 7 * pace[made - 1] / items)
        truth[took >= 7 * (now - made)] = np.log(_JUDGED_AFTER) + 0.5
        prior = _prior(items, items / pace[made - 1], bursts[made - 1])
        where = (truth - prior[0]) / (prior[1] - prior[0])
        weights = 0.5 ** ((now - made) / _RECORD_HALF_LIFE)
        expected = np.average((prior - prior[0]) / (prior[1] - prior[0]), axis=1, weights=weights)
        return ahead, float(weights.sum()) / ahead, _quantiles(where, weights) - expected

    def _spread_of(self, work: Work) -> tuple[Numbers, Numbers]:
        """Normal scores, ascending, and the logarithm of the weeks that the work takes at each."""
        pace, bursts = (values[-1] for values in self._paces)
        ahead = work.items / (pace * work.share)
        # What is picked at random from bursts is less bursty.
        thinned = 1.0 + work.share * (bursts - 1.0)
        # What is nearer or further than any past forecast was judged at strays as at the nearest of these.
        judged_at = min(max(ahead, AHEAD_WEEKS[0]), AHEAD_WEEKS[-1])
        items = np.array([work.items, max(1.0, judged_at * pace * work.share)])
        both = _prior(items, np.array([ahead, judged_at]), np.full(2, thinned))
        prior, unit = both[:, 0], both[1, 0] - both[0, 0]
        logs = np.log(ahead) + work.later + prior + (both[1, 1] - both[0, 1]) * self._learned(judged_at)
        logs[1] = max(logs[1], logs[0] + 0.25 * unit)
        logs[2] = max(logs[2], logs[1] + 0.1 * unit)
        # However steady the project is, the share of one sprint in it is not.
        logs = logs[0] + np.sqrt((logs - logs[0]) ** 2 + work.share_doubt * _SCORES**2)
        early, late = (logs[1] - logs[0]) / _SCORES[1], (logs[2] - logs[1]) / (_SCORES[2] - _SCORES[1])
        return (
            np.array([-_FAR, *_SCORES, _FAR]),
            np.array([logs[0] - _FAR * early, *logs, logs[2] + (_FAR - _SCORES[2]) * late]),
        )

    def _learned(self, ahead: float) -> Numbers:
        """What to add to the prior, from past forecasts that looked about as far ahead."""
        total, judged_sum = np.zeros(len(_LEVELS)), 0.0
        for weeks, judged, off in self._record:
            near = max(judged - _TOO_FEW, 0.0) * np.exp(-0.5 * (np.log(ahead / weeks) / _NEIGHBOURS) ** 2)
            total += near * np.clip(off, -_MOST_OFF, _MOST_OFF)
            judged_sum += near
        learned: Numbers = total / (judged_sum + _PRIOR_FORECASTS)
        return learned


def _prior(items: Numbers, ahead: Numbers, bursts: Numbers) -> Numbers:
    """Logarithm of (weeks taken / weeks ahead) at `_LEVELS`, one column a forecast, for projects in general."""
    shape = items / np.clip(np.sqrt(np.maximum(bursts, 0.0) * _BURSTS), 1.0, 10.0)
    pace = _SPREAD_NOW**2 + _SPREAD_A_WEEK**2 * np.minimum(ahead, 40.0)
    median = _waiting(shape, 0.0)
    return np.array(
        [median + _LATER + np.sqrt((_waiting(shape, score) - median) ** 2 + pace * score**2) for score in _SCORES]
    )


def _waiting(shape: Numbers, score: float) -> Numbers:
    """Logarithm of the time until `shape` events of a steady stream, over its mean (Wilson and Hilferty)."""
    shape = np.maximum(shape, 0.15)
    logs: Numbers = 3 * np.log(np.maximum(1 - 1 / (9 * shape) + score / (3 * np.sqrt(shape)), 0.05))
    return logs


def _quantiles(values: Numbers, weights: Numbers) -> Numbers:
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    places = np.minimum(np.searchsorted(share, _LEVELS), len(values) - 1)
    found: Numbers = values[order][places]
    return found


def _last_sums(values: Numbers, count: int) -> Numbers:
    """The sum of each value and the ones before it, `count` in all."""
    total = np.concatenate([np.zeros(count), np.cumsum(values)])
    sums: Numbers = total[count:] - total[:-count]
    return sums


def _score(likelihood: float) -> float:
    return NormalDist().inv_cdf(likelihood)


def _likelihood(score: float) -> float:
    return NormalDist().cdf(score)
