"""How the sprints and epics of the past ended, against what a forecast would have said of each at the time.

The pace of a project says when so many items are done, not when these are: the last items of a sprint or an epic are
those that nobody wanted to begin, and some are never done. How much that matters differs between teams, so it is read
from their own past: at moments of each ended sprint, and of each epic, what was left then is forecast from what was
known then, and how long it took is divided by that.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from javis_pipeline.context.days import Today
from javis_pipeline.context.finishes import Finishes
from javis_pipeline.context.frames import Frames
from javis_pipeline.context.outlook import Outlook

Numbers = npt.NDArray[np.float64]
Days = npt.NDArray[np.int64]

# A subject's share of the throughput is measured over so many weeks, and not with fewer items.
SHARE_WEEKS: Final = 12
SHARE_ITEMS: Final = 3

# Parts of a sprint after which it is looked at.
_MOMENTS: Final = (0.0, 0.33, 0.67)
_SPRINT_DAYS: Final = (3, 60)
_SPRINTS_MOST: Final = 60
_EPICS_MOST: Final = 40
_EPIC_EVERY_WEEKS: Final = 8
_EPIC_WEEKS: Final = 3 * 52
# Whether it was done is judged when so many times the way ahead has gone by, as for the project as a whole.
_JUDGED_AFTER: Final = 2.5
_WEEKS_MIN: Final = 6
_HALF_LIFE_WEEKS: Final = 104.0
_NEVER: Final = 10**7


class Replay(NamedTuple):
    """One moment of the past.

    Attributes:
        subject: The sprint or epic.
        items: What was left.
        ratio: Weeks that this took, over the weeks that it would have taken at the pace of then; infinite when it is
            not done by now.
        weight: Of all moments of a subject together at most 1, less for what is long ago.
    """

    subject: str
    items: int
    ratio: float
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class Replays:
    """The moments of all sprints, or of all epics.

    Attributes:
        subjects: How many ended sprints or epics were looked at.
    """

    subjects: int
    items: Numbers
    ratios: Numbers
    weights: Numbers


def replays_of(found: Iterable[Replay]) -> Replays:
    """The moments as columns."""
    rows = list(found)
    items, ratios, weights = (
        np.array([getattr(row, name) for row in rows], dtype=np.float64) for name in ("items", "ratio", "weight")
    )
    return Replays(len({row.subject for row in rows}), items, ratios, weights)


class Past:
    """What was finished when, by day numbers, and the paces that were known on the way."""

    def __init__(self, issues: pd.DataFrame, finishes: Finishes, outlook: Outlook, today: Today) -> None:
        self.today = _number(pd.Series([today.day]))[0]
        counted = issues.loc[finishes.rows]
        self.finished = _number(counted["finished_day"])
        self.in_sprints = counted["in_any_sprint"].to_numpy(dtype=bool)
        self._paces = outlook.paces

    def weeks_ahead(self, items: int, day: int, share: float) -> float | None:
        """How long the items would have taken at the pace of that morning; None when there was none."""
        week = len(self._paces) - 1 - -(-(self.today - day) // 7)
        pace = self._paces[week] * share if week >= _WEEKS_MIN else 0.0
        return items / float(pace) if pace > 0 else None

    def lately(self, day: int) -> npt.NDArray[np.bool_]:
        """Which of `finished` make a share on that morning."""
        recent: npt.NDArray[np.bool_] = (self.finished >= day - 7 * SHARE_WEEKS) & (self.finished < day)
        return recent

    def replay(self, subject: str, items: int, ahead: float, day: int, last: int, parts: int) -> Replay:
        """What was left on that morning and was done on the day `last`."""
        took = (last - day + 0.5) / 7 if last < self.today else np.inf
        weight = 0.5 ** ((self.today - day) / 7 / _HALF_LIFE_WEEKS) / parts
        return Replay(subject, items, took / ahead, weight)


def sprint_replays(frames: Frames, issues: pd.DataFrame, past: Past, today: Today) -> Iterator[Replay]:
    """Moments of the latest sprints that have ended.

    Args:
        issues: As `with_history` returns them, with `in_any_sprint`.
    """
    dated = frames.sprints.dropna(subset=["start_at", "end_at"])
    over = dated["completed_at"].fillna(dated["end_at"])
    starts, ends, overs = (_number(today.day_of(days)) for days in (dated["start_at"], dated["end_at"], over))
    members = _members(frames, issues)
    piles = [members.get(int(sprint), _EMPTY) for sprint in dated["sprint_id"]]
    shortest, longest = _SPRINT_DAYS
    usual = [each for each in np.argsort(-starts) if shortest <= ends[each] - starts[each] <= longest]
    for each in usual[:_SPRINTS_MOST]:
        length = int(ends[each] - starts[each])
        for moment in _MOMENTS:
            day = int(starts[each] + moment * length)
            left, last = piles[each].left(day)
            if not left or past.today - day < _JUDGED_AFTER * length:
                continue
            going = [other for other in range(len(piles)) if starts[other] <= day < overs[other]]
            part = left / max(sum(piles[other].left(day)[0] for other in going), left)
            ahead = past.weeks_ahead(left, day, part * _sprint_share(past, day))
            if ahead is not None:
                yield past.replay(f"{each}", left, ahead, day, last, len(_MOMENTS))


def epic_replays(issues: pd.DataFrame, past: Past) -> Iterator[Replay]:
    """Moments of the epics that something was finished in last.

    Args:
        issues: As `with_history` returns them.
    """
    epics = issues.loc[issues["is_epic"], "key"]
    items = issues.loc[issues["is_item"] & issues["parent_key"].isin(epics)]
    latest = items.groupby("parent_key")["finished_day"].max().dropna().nlargest(_EPICS_MOST)
    moments = range(_EPIC_EVERY_WEEKS // 2, _EPIC_WEEKS, _EPIC_EVERY_WEEKS)
    for key, rows in items[items["parent_key"].isin(latest.index)].groupby("parent_key"):
        pile = _pile(rows)
        found = [replay for weeks in moments if (replay := _of_epic(str(key), pile, past, weeks))]
        yield from (replay._replace(weight=replay.weight / len(found)) for replay in found)


def _of_epic(key: str, pile: "_Pile", past: Past, weeks_ago: int) -> Replay | None:
    day = past.today - 7 * weeks_ago
    left, last = pile.left(day)
    done, all_done = pile.finished(day), int(past.lately(day).sum())
    if not left or done < SHARE_ITEMS or not all_done:
        return None
    ahead = past.weeks_ahead(left, day, done / all_done)
    if ahead is None or weeks_ago < _JUDGED_AFTER * ahead:
        return None
    return past.replay(key, left, ahead, day, last, 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Pile:
    """Items by the days on which they were made and finished."""

    made: Days
    finished_on: Days

    def left(self, day: int) -> tuple[int, int]:
        """How many were open on that morning, and when the last of them was finished."""
        is_left = (self.made < day) & (self.finished_on >= day)
        return int(is_left.sum()), int(self.finished_on[is_left].max(initial=0))

    def finished(self, day: int) -> int:
        """How many were finished in the weeks before."""
        return int(((self.finished_on >= day - 7 * SHARE_WEEKS) & (self.finished_on < day)).sum())


_EMPTY: Final = _Pile(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


def _members(frames: Frames, issues: pd.DataFrame) -> Mapping[Hashable, _Pile]:
    columns = issues.loc[issues["is_item"], ["jira_id", "created_day", "finished_day"]]
    rows = frames.issue_sprints.merge(columns, on="jira_id")
    return {sprint: _pile(each) for sprint, each in rows.groupby("sprint_id")}


def _pile(rows: pd.DataFrame) -> _Pile:
    return _Pile(_number(rows["created_day"]), _number(rows["finished_day"]))


def _sprint_share(past: Past, day: int) -> float:
    lately = past.lately(day)
    in_sprints, all_done = int((lately & past.in_sprints).sum()), int(lately.sum())
    return in_sprints / all_done if in_sprints >= SHARE_ITEMS else 1.0


def _number(days: "pd.Series[pd.Timestamp]") -> Days:
    """Days as numbers; a missing one is later than all."""
    values = days.to_numpy("datetime64[D]")
    return np.where(np.isnat(values), _NEVER, values.astype(np.int64))
