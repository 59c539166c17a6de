"""When the remaining work will be done: random repetitions of the project's own past.

Two-week stretches of the last months are drawn at random and put in a row until enough items are finished, ten
thousand times. Whole stretches rather than single days, because finishing comes in bursts (releases, clean-ups,
holidays), and from the same weekday, because nothing is finished on a Sunday. And since no team keeps the pace of its
past exactly, each repetition is stretched or compressed at random by about a quarter: without that, the date that
should hold in 85 % of the cases held in 80 %. `make bench` walks through a history and prints how often the dates held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from javis_pipeline.context.days import Today
from javis_pipeline.context.flow import daily_finished
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.context import EpicProgress, Forecast, SprintState

TRIALS: Final = 10_000
STRETCH_DAYS: Final = 14
# Standard deviation of the logarithm of the pace, against the past one.
PACE_DRIFT: Final = 0.25
HORIZON_DAYS: Final = 728
# A subject's share of the throughput is measured over so many weeks, and not with fewer items.
SHARE_WEEKS: Final = 12
SHARE_ITEMS: Final = 3

Days = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Simulation:
    """Futures of a project, each a random sequence of stretches of its past.

    Attributes:
        daily: Items finished on each past day, yesterday last; at least two stretches long.
        seed: Equal seeds give equal futures.
    """

    daily: npt.NDArray[np.int64]
    seed: int
    trials: int = TRIALS

    @cached_property
    def _finished(self) -> npt.NDArray[np.int32]:
        """Items finished by the end of each future day: (trials, HORIZON_DAYS), today first."""
        rng = np.random.default_rng(self.seed)
        starts = np.arange(len(self.daily) - STRETCH_DAYS, -1, -7)
        stretches = self.daily.astype(np.int32)[starts[:, None] + np.arange(STRETCH_DAYS)]
        drawn = rng.integers(len(starts), size=(self.trials, HORIZON_DAYS // STRETCH_DAYS))
        return np.cumsum(stretches[drawn].reshape(self.trials, HORIZON_DAYS), axis=1, dtype=np.int32)

    def days_until(self, items: int, *, share: float = 1.0) -> Days:
        """Days from today until `items` are finished, one per trial, ascending; 0 is today, inf past the horizon.

        Args:
            items: At least 1.
            share: Part of the finished items that counts, 0 < share <= 1.
        """
        # The same drift and draws for each question, so that more items never take less time.
        rng = np.random.default_rng([self.seed, 1])
        drift = np.exp(rng.normal(0.0, PACE_DRIFT, self.trials))
        needed = np.full(self.trials, items)
        if share < 1.0:
            needed += rng.negative_binomial(items, share, self.trials)
        days = (self._finished < needed[:, None]).sum(axis=1)
        stretched = np.ceil((days + 1) * drift) - 1
        return np.sort(np.where(days < HORIZON_DAYS, stretched, np.inf))


def history_of(issues: pd.DataFrame, today: Today, thresholds: Thresholds) -> tuple[npt.NDArray[np.int64], str]:
    """Items finished a day, in whole weeks since the first one was, and why that is too short ("": it is not).

    Weeks before anything was finished say how long the project took to begin, not how fast it is.

    Args:
        issues: As `with_history` returns them.
    """
    items = issues.loc[issues["is_item"], ["finished_day"]]
    daily = daily_finished(items, today, weeks=thresholds.weeks)
    weeks = -(-len(np.trim_zeros(daily, "f")) // 7)
    daily = daily[len(daily) - 7 * weeks :]
    if weeks == 0:
        return daily, f"nothing was finished in {thresholds.weeks} weeks"
    if weeks < thresholds.forecast_weeks_min:
        return (
            daily,
            f"{weeks} weeks since something was finished first; a forecast needs {thresholds.forecast_weeks_min}",
        )
    if daily.sum() < thresholds.forecast_items_min:
        return daily, (
            f"{daily.sum()} items finished in {weeks} weeks; a forecast needs {thresholds.forecast_items_min}"
        )
    return daily, ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What to forecast.

    Attributes:
        share: Part of the project's throughput that goes to it; None when nobody can tell.
        remark: Why there is no share, or what was assumed about it; empty when there is nothing to say.
    """

    name: str
    remaining: int
    target_on: date | None
    share: float | None
    remark: str = ""


def forecast_all(
    issues: pd.DataFrame,
    sprints: Sequence[SprintState],
    epics: Sequence[EpicProgress],
    today: Today,
    thresholds: Thresholds,
    seed: int,
) -> tuple[Forecast, ...]:
    """A forecast for each active sprint and each open epic that has something left to do.

    Args:
        issues: As `with_history` returns them, with `in_any_sprint`.
    """
    daily, too_short = history_of(issues, today, thresholds)
    simulation = None if too_short else Simulation(daily, seed)
    recent = issues[
        issues["is_item"]
        & (issues["finished_day"] >= today.day - pd.Timedelta(weeks=SHARE_WEEKS))
        & (issues["finished_at"] <= today.now)
    ]
    going = [sprint for sprint in sprints if sprint.state == "active" and sprint.remaining_keys]
    subjects = [
        *(_of_sprint(sprint, going, recent) for sprint in going),
        *(_of_epic(epic, recent) for epic in epics if epic.items > epic.done),
    ]
    return tuple(_forecast(subject, simulation, too_short, today) for subject in subjects)


def _of_sprint(sprint: SprintState, going: Sequence[SprintState], recent: pd.DataFrame) -> Subject:
    """Sprints share what was lately finished out of sprints, by what each has left."""
    remaining = len(sprint.remaining_keys)
    part = remaining / sum(len(other.remaining_keys) for other in going)
    in_sprints = int(recent["in_any_sprint"].sum())
    name = f"sprint:{sprint.sprint_id}"
    if in_sprints < SHARE_ITEMS:
        remark = "assumes that everybody works on the sprint: hardly anything in a sprint was finished before"
        return Subject(name, remaining, sprint.end_on, part, remark)
    return Subject(name, remaining, sprint.end_on, part * in_sprints / len(recent))


def _of_epic(epic: EpicProgress, recent: pd.DataFrame) -> Subject:
    finished = int((recent["parent_key"] == epic.key).sum())
    name, remaining = f"epic:{epic.key}", epic.items - epic.done
    if finished < SHARE_ITEMS:
        remark = f"{finished} of its items finished in {SHARE_WEEKS} weeks; a pace needs {SHARE_ITEMS}"
        return Subject(name, remaining, epic.due_date, None, remark)
    return Subject(name, remaining, epic.due_date, finished / len(recent))


def _forecast(subject: Subject, simulation: Simulation | None, too_short: str, today: Today) -> Forecast:
    share = subject.share
    if simulation is None or share is None:
        reason = too_short or subject.remark
        return Forecast(
            subject.name, subject.remaining, None, None, None, subject.target_on, None, reason, round(share or 0.0, 3)
        )
    days = simulation.days_until(subject.remaining, share=share)
    p50, p85, p95 = (_date_at(days, percent, today) for percent in (50, 85, 95))
    on_time = None
    if subject.target_on is not None:
        on_time = round(float((days <= (subject.target_on - today.date).days).mean()), 3)
    reason = subject.remark if p95 is not None else "not within two years at the pace of the past"
    return Forecast(subject.name, subject.remaining, p50, p85, p95, subject.target_on, on_time, reason, round(share, 3))


def percentile(days: Days, percent: int) -> float:
    """The day by which `percent` of the trials are done; `days` as `days_until` returns them."""
    return float(days[-(-len(days) * percent // 100) - 1])


def _date_at(days: Days, percent: int, today: Today) -> date | None:
    day = percentile(days, percent)
    return None if np.isinf(day) else today.date + timedelta(days=day)
