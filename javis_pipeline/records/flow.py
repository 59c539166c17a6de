"""How the work items of a project move through: pace, age and cycle times. Part of its work context."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class FlowDay:
    """Work items that existed by the end of a day, by status category: one step of the cumulative flow."""

    day: date
    new: int
    indeterminate: int
    done: int


@dataclass(frozen=True, slots=True)
class FinishedItem:
    """A finished work item and the days from its first start to its finish."""

    key: str
    finished_on: date
    cycle_days: float


@dataclass(frozen=True, slots=True)
class WeekThroughput:
    """Work items finished in the seven days that begin on `week_start`."""

    week_start: date
    finished: int


@dataclass(frozen=True, slots=True)
class Flow:
    """How work items (no epics, no sub-tasks) move through.

    Attributes:
        in_progress: Items in progress now.
        throughput: Whole weeks, oldest first; the last one ended yesterday.
        finished_in_window: Items finished in these weeks.
        cycle_p50_days: Half of them took no longer than this from start to finish; None when no start is known.
        cycle_p85_days: 85 % of them took no longer.
        cycles_known: How many of the finished items have a known start.
        age_in_progress_p50_days: Half of the items in progress were started no longer ago.
        age_in_progress_max_days: The oldest of them.
        open_age_p50_days: Half of the open items were created no longer ago.
        cumulative: By week, oldest first; the last day is today.
        cycles: The latest finished items with a known start, oldest first.
        mean_pace: Items finished a week in these weeks since the project finished something first, without those that
            were closed in bulk; None in a context that was kept before this was known.
    """

    in_progress: int
    throughput: tuple[WeekThroughput, ...]
    finished_in_window: int
    cycle_p50_days: float | None
    cycle_p85_days: float | None
    cycles_known: int
    age_in_progress_p50_days: int | None
    age_in_progress_max_days: int | None
    open_age_p50_days: int | None
    cumulative: tuple[FlowDay, ...]
    cycles: tuple[FinishedItem, ...]
    mean_pace: float | None = None

    @property
    def weekly_pace(self) -> float:
        """Items finished a week, as far as that is known; 0.0 when none was."""
        if self.mean_pace is not None:
            return self.mean_pace
        weeks = [week.finished for week in self.throughput]
        begun = next((place for place, finished in enumerate(weeks) if finished), None)
        return 0.0 if begun is None else self.finished_in_window / len(weeks[begun:])
