"""Do the forecast's dates hold as often as they say?

Walks through a history that is made here: nine years of a team whose pace drifts, which rests at weekends, closes old
items in bursts and is slow at the turn of the year. At 200 instants the forecast of the next items is made from the
past alone and compared with what then happened.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from javis_pipeline.context.forecast import Simulation, percentile

PERCENTS: Final = (50, 85, 95)
_PAST_DAYS = 7 * 26
_INSTANTS = 200
_AHEAD = (5, 10, 20, 40)


# How often the 85 % date of the next 20 items has to hold.
BAND: Final = (0.80, 0.92)


def measure() -> int:
    """Print how often each date held, by the number of items ahead; 1 when that is not as often as it says."""
    print(f"{_INSTANTS} instants; share of the forecasts whose date held")
    print("items ahead     50 %     85 %     95 %")
    held_by_items = coverage(made_history(seed=7), _AHEAD)
    for items, held in held_by_items.items():
        print(f"{items:11d}" + "".join(f"{held[percent]:9.1%}" for percent in PERCENTS))
    low, high = BAND
    missed = not low <= held_by_items[20][85] <= high
    print(f"20 items, 85 %: {low:.0%} to {high:.0%}{'  MISSED' * missed}")
    return int(missed)


def coverage(
    daily: npt.NDArray[np.int64], ahead: Sequence[int], *, instants: int = _INSTANTS, seed: int = 1
) -> dict[int, dict[int, float]]:
    """Share of `instants` spread over a history at which each percentile's date was not passed, by items ahead.

    Args:
        daily: Items finished on each day.
        ahead: How many next items are forecast.
    """
    finished = np.cumsum(daily)
    # The last instant has to be followed by as many items as are forecast.
    last = int(np.searchsorted(finished, finished[-1] - max(ahead)))
    hits = {items: dict.fromkeys(PERCENTS, 0) for items in ahead}
    for instant in np.linspace(_PAST_DAYS, last, instants).astype(int):
        simulation = Simulation(daily[instant - _PAST_DAYS : instant], seed + int(instant))
        for items in ahead:
            days = simulation.days_until(items)
            took = int(np.searchsorted(finished, finished[instant - 1] + items)) - int(instant)
            for percent in PERCENTS:
                hits[items][percent] += took <= percentile(days, percent)
    return {items: {percent: count / instants for percent, count in held.items()} for items, held in hits.items()}


def made_history(*, seed: int, days: int = 9 * 364) -> npt.NDArray[np.int64]:
    """Items that a made-up team finishes on each of `days`."""
    rng = np.random.default_rng(seed)
    # The pace is a random walk that is drawn back to its mean, as teams grow, shrink and change their work.
    pace = np.zeros(days)
    for day in range(1, days):
        pace[day] = 0.99 * pace[day - 1] + rng.normal(0.0, 0.07)
    weekday = np.array([1.0, 1.2, 1.2, 1.1, 0.9, 0.1, 0.05])[np.arange(days) % 7]
    season = np.where((np.arange(days) % 364) >= 350, 0.2, 1.0)
    clean_ups = rng.poisson(15.0, days) * (rng.random(days) < 1 / 90)
    finished: npt.NDArray[np.int64] = rng.poisson(2.5 * np.exp(pace) * weekday * season) + clean_ups
    return finished
