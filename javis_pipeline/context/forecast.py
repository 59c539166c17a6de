"""When the remaining work will be done, by what the project finished so far; `outlook` says how.

A sprint gets the share of the pace that lately went to sprints, an epic the share that went to it. Both shares are
measured on few items and do not stay, so the dates stray further than those of the project as a whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from javis_pipeline.context.days import Today
from javis_pipeline.context.finishes import Finishes, finishes_of
from javis_pipeline.context.outlook import Outlook, Work
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.context.wording import counted
from javis_pipeline.records.context import EpicProgress, Forecast, SprintState

# A subject's share of the throughput is measured over so many weeks, and not with fewer items.
SHARE_WEEKS: Final = 12
SHARE_ITEMS: Final = 3
HORIZON_DAYS: Final = 728
# Variance of the logarithm of a share besides that of counting: what goes to a sprint or an epic changes.
_SHARE_DOUBT: Final = 0.1
# A sprint or an epic is done with its last item, and the last ones are those that nobody wanted to begin.
_LAST_ITEMS: Final = 0.25
# With fewer past forecasts that came due, the spread is mostly that of projects in general.
_THIN_RECORD: Final = 6.0


def history_of(issues: pd.DataFrame, today: Today, thresholds: Thresholds) -> tuple[npt.NDArray[np.int64], str]:
    """Items finished a day in the weeks that make the pace, and why that is too little ("": it is not).

    Whole weeks, the last one ended yesterday. A project that is older than these weeks has all of them: what it did not
    do in them is as telling as what it did. Of a younger one the weeks before it finished anything say nothing.

    Args:
        issues: As `with_history` returns them.
    """
    finishes = finishes_of(issues, today)
    return _window(finishes, thresholds), _too_little(finishes, thresholds)


def _window(finishes: Finishes, thresholds: Thresholds) -> npt.NDArray[np.int64]:
    daily = finishes.daily[-7 * thresholds.weeks :]
    return np.concatenate([np.zeros(-len(daily) % 7, dtype=np.int64), daily])


def _too_little(finishes: Finishes, thresholds: Thresholds) -> str:
    daily = _window(finishes, thresholds)
    weeks, items = len(daily) // 7, int(daily.sum())
    if not items and finishes.undated * 2 > finishes.total:
        return f"nobody knows when {finishes.undated} of {finishes.total} done items were finished"
    if not items:
        return f"nothing was finished in {thresholds.weeks} weeks{' but in bulk' if finishes.in_bulk else ''}"
    if weeks < thresholds.forecast_weeks_min:
        return f"{counted(weeks, 'week')} since something was finished first; a forecast needs " + str(
            thresholds.forecast_weeks_min
        )
    if items < thresholds.forecast_items_min:
        return f"{counted(items, 'item')} finished in {weeks} weeks; a forecast needs {thresholds.forecast_items_min}"
    return ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What to forecast.

    Attributes:
        work: None when nobody can tell which part of the pace goes to it.
        remark: Why there is no such part, or what was assumed about it; empty when there is nothing to say.
    """

    name: str
    remaining: int
    target_on: date | None
    work: Work | None
    remark: str = ""


def forecast_all(
    issues: pd.DataFrame,
    sprints: Sequence[SprintState],
    epics: Sequence[EpicProgress],
    finishes: Finishes,
    today: Today,
    thresholds: Thresholds,
) -> tuple[Forecast, ...]:
    """A forecast for each active sprint and each open epic that has something left to do.

    Args:
        issues: As `with_history` returns them, with `in_any_sprint`.
    """
    too_little = _too_little(finishes, thresholds)
    outlook = None if too_little else Outlook(finishes.daily, thresholds.weeks)
    finished = issues.loc[finishes.rows]
    recent = finished[finished["finished_day"] >= today.day - pd.Timedelta(weeks=SHARE_WEEKS)]
    going = [sprint for sprint in sprints if sprint.state == "active" and sprint.remaining_keys]
    subjects = [
        *(_of_sprint(sprint, going, recent) for sprint in going),
        *(_of_epic(epic, recent) for epic in epics if epic.items > epic.done),
    ]
    return tuple(_forecast(subject, outlook, too_little, today) for subject in subjects)


def _of_sprint(sprint: SprintState, going: Sequence[SprintState], recent: pd.DataFrame) -> Subject:
    """Sprints share what was lately finished out of sprints, by what each has left."""
    remaining = len(sprint.remaining_keys)
    part = remaining / sum(len(other.remaining_keys) for other in going)
    in_sprints = int(recent["in_any_sprint"].sum())
    name = f"sprint:{sprint.sprint_id}"
    if in_sprints < SHARE_ITEMS:
        remark = "assumes that everybody works on the sprint: hardly anything in a sprint was finished before"
        return Subject(name, remaining, sprint.end_on, _work(remaining, part, SHARE_ITEMS), remark)
    return Subject(name, remaining, sprint.end_on, _work(remaining, part * in_sprints / len(recent), in_sprints))


def _of_epic(epic: EpicProgress, recent: pd.DataFrame) -> Subject:
    finished = int((recent["parent_key"] == epic.key).sum())
    name, remaining = f"epic:{epic.key}", epic.items - epic.done
    if finished < SHARE_ITEMS:
        remark = f"{finished} of its items finished in {SHARE_WEEKS} weeks; a pace needs {SHARE_ITEMS}"
        return Subject(name, remaining, epic.due_date, None, remark)
    return Subject(name, remaining, epic.due_date, _work(remaining, finished / len(recent), finished))


def _work(remaining: int, share: float, counted_items: int) -> Work:
    return Work(remaining, share, share_doubt=_SHARE_DOUBT + 1 / counted_items, later=_LAST_ITEMS)


def _forecast(subject: Subject, outlook: Outlook | None, too_little: str, today: Today) -> Forecast:
    work = subject.work
    if outlook is None or work is None or outlook.pace <= 0.0:
        reason = too_little or subject.remark
        share = round(work.share, 3) if work else 0.0
        return Forecast(subject.name, subject.remaining, None, None, None, subject.target_on, None, reason, share)
    p50, p85, p95 = (_date(outlook.days_until(work, level), today) for level in (0.50, 0.85, 0.95))
    on_time = None
    if subject.target_on is not None:
        on_time = round(outlook.likelihood(work, (subject.target_on - today.date).days + 1), 3)
    return Forecast(
        subject=subject.name,
        remaining=subject.remaining,
        p50_on=p50,
        p85_on=p85,
        p95_on=p95,
        target_on=subject.target_on,
        on_time=on_time,
        reason="; ".join(_doubts(subject, outlook, p95)),
        share=round(work.share, 3),
    )


def _doubts(subject: Subject, outlook: Outlook, p95: date | None) -> Iterator[str]:
    if p95 is None:
        yield "not within two years at the pace of the past"
    if subject.remark:
        yield subject.remark
    if outlook.forecasts_judged < _THIN_RECORD:
        weeks = counted(max(1, len(outlook.daily) // 7), "week")
        yield f"not sure: {weeks} of history cannot tell how well dates hold here"


def _date(days: float, today: Today) -> date | None:
    return None if days > HORIZON_DAYS else today.date + timedelta(days=int(days))
