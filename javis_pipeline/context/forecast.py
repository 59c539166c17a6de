"""When the remaining work will be done, by what the project finished so far; `outlook` says how.

A sprint gets the share of the pace that lately went to sprints, an epic the share that went to it. How far such dates
stray is learned from the sprints and epics before: `replays` says how.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from javis_pipeline.context.days import Today
from javis_pipeline.context.finishes import Finishes, finishes_of
from javis_pipeline.context.frames import Frames
from javis_pipeline.context.outlook import Outlook, Work
from javis_pipeline.context.replays import (
    SHARE_ITEMS,
    SHARE_WEEKS,
    Past,
    Replays,
    epic_replays,
    replays_of,
    sprint_replays,
)
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.context.versions import finished_in_versions
from javis_pipeline.context.wording import counted
from javis_pipeline.records.forecast import Forecast
from javis_pipeline.records.plans import EpicProgress, SprintState, VersionState

HORIZON_DAYS: Final = 728
# Variance of the logarithm of a share besides that of counting: what goes to a sprint or an epic changes.
_SHARE_DOUBT: Final = 0.1
# A sprint or an epic is done with its last item, and the last ones are those that nobody wanted to begin.
_LAST_ITEMS: Final = 0.25
# Sprints and epics in general count like so many of the project's own.
_PRIOR_SUBJECTS: Final = 4.0
# Of sprints and epics those tell most that had about as many items left, as a logarithm.
_LIKE_IT: Final = 1.0
_PRIOR_LEVELS: Final = [(place + 0.5) / 100 for place in range(100)]
# With fewer past forecasts that came due, the spread is mostly that of projects in general.
_THIN_RECORD: Final = 6.0
_FEW_SUBJECTS: Final = 5


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
        left_out = "" if not finishes.left_out else f" but {finishes.left_out}"
        return f"nothing was finished in {thresholds.weeks} weeks{left_out}"
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

    kind: Literal["sprint", "epic", "version"]
    name: str
    remaining: int
    target_on: date | None
    work: Work | None
    remark: str = ""


def forecast_all(
    frames: Frames,
    issues: pd.DataFrame,
    wanted: tuple[Sequence[SprintState], Sequence[EpicProgress], Sequence[VersionState]],
    finishes: Finishes,
    today: Today,
    thresholds: Thresholds,
) -> tuple[Forecast, ...]:
    """A forecast for each active sprint, each open epic and each version that has something left to do.

    Args:
        wanted: The sprints, epics and versions.
        issues: As `with_history` returns them, with `in_any_sprint`.
    """
    too_little = _too_little(finishes, thresholds)
    outlook = None if too_little else Outlook(finishes.daily, thresholds.weeks)
    finished = issues.loc[finishes.rows]
    recent = finished[finished["finished_day"] >= today.day - pd.Timedelta(weeks=SHARE_WEEKS)]
    sprints, epics, versions = wanted
    going = [sprint for sprint in sprints if sprint.state == "active" and sprint.remaining_keys]
    subjects = [
        *(_of_sprint(sprint, going, recent) for sprint in going),
        *(_of_epic(epic, recent) for epic in epics if epic.items > epic.done),
        *_of_versions(versions, recent),
    ]
    if outlook is None or outlook.pace <= 0.0:
        return tuple(_unknown(subject, too_little or subject.remark) for subject in subjects)
    past = Past(issues, finishes, outlook, today)
    ended = {
        "sprint": replays_of(sprint_replays(frames, issues, past, today) if going else ()),
        "epic": replays_of(epic_replays(issues, past) if len(subjects) > len(going) else ()),
    }
    # A version, like an epic, is a pile of work with a day; too few have one to learn from versions themselves.
    ended["version"] = ended["epic"]
    return tuple(_forecast(subject, outlook, ended[subject.kind], today) for subject in subjects)


def _of_sprint(sprint: SprintState, going: Sequence[SprintState], recent: pd.DataFrame) -> Subject:
    """Sprints share what was lately finished out of sprints, by what each has left."""
    remaining = len(sprint.remaining_keys)
    part = remaining / sum(len(other.remaining_keys) for other in going)
    in_sprints = int(recent["in_any_sprint"].sum())
    work = _work(remaining, part, SHARE_ITEMS)
    remark = "assumes that everybody works on the sprint: hardly anything in a sprint was finished before"
    if in_sprints >= SHARE_ITEMS:
        work, remark = _work(remaining, part * in_sprints / len(recent), in_sprints), ""
    return Subject("sprint", f"sprint:{sprint.sprint_id}", remaining, sprint.end_on, work, remark)


def _of_epic(epic: EpicProgress, recent: pd.DataFrame) -> Subject:
    finished = int((recent["parent_key"] == epic.key).sum())
    remaining, work, remark = epic.items - epic.done, None, ""
    if finished >= SHARE_ITEMS:
        work = _work(remaining, finished / len(recent), finished)
    else:
        remark = f"{finished} of its items finished in {SHARE_WEEKS} weeks; a pace needs {SHARE_ITEMS}"
    return Subject("epic", f"epic:{epic.key}", remaining, epic.due_date, work, remark)


def _of_versions(versions: Sequence[VersionState], recent: pd.DataFrame) -> Iterator[Subject]:
    finished = finished_in_versions(recent, versions)
    for version in versions:
        done, remaining = finished[version.name], len(version.remaining_keys)
        name, release_on = f"version:{version.version_id}", version.release_on
        if done >= SHARE_ITEMS:
            yield Subject("version", name, remaining, release_on, _work(remaining, done / len(recent), done))
        else:
            remark = f"{done} of its items finished in {SHARE_WEEKS} weeks; a pace needs {SHARE_ITEMS}"
            yield Subject("version", name, remaining, release_on, None, remark)


def _work(remaining: int, share: float, counted_items: int) -> Work:
    return Work(remaining, share, share_doubt=_SHARE_DOUBT + 1 / counted_items, later=_LAST_ITEMS)


def _unknown(subject: Subject, reason: str) -> Forecast:
    share = round(subject.work.share, 3) if subject.work else 0.0
    return Forecast(subject.name, subject.remaining, None, None, None, subject.target_on, None, reason, share)


def _forecast(subject: Subject, outlook: Outlook, ended: Replays, today: Today) -> Forecast:
    if subject.work is None:
        return _unknown(subject, subject.remark)
    ending = _ending(subject.work, outlook, ended)
    dates = [_date(ending.days_until(level), today) for level in (0.50, 0.85, 0.95)]
    on_time = None
    if subject.target_on is not None:
        on_time = round(ending.likelihood((subject.target_on - today.date).days + 1), 3)
    return Forecast(
        subject=subject.name,
        remaining=subject.remaining,
        p50_on=dates[0],
        p85_on=dates[1],
        p95_on=dates[2],
        target_on=subject.target_on,
        on_time=on_time,
        reason="; ".join(_doubts(subject, outlook, ended, dates)),
        share=round(subject.work.share, 3),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ending:
    """When the work may be done: days from this morning, ascending, and how likely it is done by each."""

    days: npt.NDArray[np.float64]
    likely: npt.NDArray[np.float64]

    def days_until(self, likelihood: float) -> float:
        """Days by which it is done with that likelihood; infinite when that many are never done."""
        return float(self.days[min(int(np.searchsorted(self.likely, likelihood - 1e-9)), len(self.days) - 1)])

    def likelihood(self, days: int) -> float:
        """How likely it is done within so many days, today being the first."""
        sooner = int(np.searchsorted(self.days, days, side="left"))
        return float(self.likely[sooner - 1]) if sooner else 0.0


def _ending(work: Work, outlook: Outlook, ended: Replays) -> Ending:
    """What the pace says, and what the sprints or epics before made of such a pace."""
    by_pace = outlook.days_at(work, _PRIOR_LEVELS)
    as_before = 7 * work.items / (outlook.pace * work.share) * ended.ratios
    like_it = np.exp(-0.5 * ((np.log(ended.items) - np.log(work.items)) / _LIKE_IT) ** 2)
    weights = np.concatenate([np.full(len(by_pace), _PRIOR_SUBJECTS / len(by_pace)), like_it * ended.weights])
    days = np.concatenate([by_pace, as_before])
    order = np.argsort(days, kind="stable")
    return Ending(days[order], np.cumsum(weights[order]) / weights.sum())


def _doubts(subject: Subject, outlook: Outlook, ended: Replays, dates: Sequence[date | None]) -> Iterator[str]:
    late = next((share for share, day in zip((50, 15, 5), dates, strict=True) if day is None), None)
    if late is not None:
        yield f"in {late} of 100 cases or more not within two years"
    if subject.remark:
        yield subject.remark
    if ended.subjects < _FEW_SUBJECTS:
        kind = "sprint" if subject.kind == "sprint" else "epic"
        how_many = counted(ended.subjects, kind) if ended.subjects else f"no {kind}"
        yield f"not sure: so far {how_many} {'tell' if ended.subjects > 1 else 'tells'} how {kind}s end here"
    elif outlook.forecasts_judged < _THIN_RECORD:
        weeks = counted(max(1, len(outlook.daily) // 7), "week")
        yield f"not sure: {weeks} of history cannot tell how well dates hold here"


def _date(days: float, today: Today) -> date | None:
    return None if days > HORIZON_DAYS else today.date + timedelta(days=int(days))
