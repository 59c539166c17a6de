"""What a project has promised itself: sprints, epics, versions, goals, and how far they are."""

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class SprintState:
    """A sprint in the eyes of the project: only the project's issues count.

    Attributes:
        days_left: Whole days until the last one, 0 on the last day, negative when it is overrun; None without dates.
        items: Work items in the sprint now, sub-tasks left out.
        points: Their story points; None when no item has an estimate.
        added_keys: Items that came after the start and are still in it.
        removed_keys: Items that left after the start.
        committed: Items at the start, as far as the history tells.
        notes: What keeps these figures from being complete.
    """

    sprint_id: int
    name: str
    state: str
    goal: str | None
    start_on: date | None
    end_on: date | None
    days_left: int | None
    items: int
    done: int
    in_progress: int
    not_started: int
    points: float | None
    points_done: float | None
    committed: int
    added_keys: tuple[str, ...]
    removed_keys: tuple[str, ...]
    remaining_keys: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether it should have ended before today."""
        return self.days_left is not None and self.days_left < 0


@dataclass(frozen=True, slots=True)
class EpicProgress:
    """An open epic: how far its issues are. Points are None when no issue of it has an estimate."""

    key: str
    items: int
    done: int
    in_progress: int
    points: float | None
    points_done: float | None
    unestimated_open: int
    due_date: date | None
    last_finished_on: date | None


@dataclass(frozen=True, slots=True)
class VersionState:
    """A version that is to be released on a known day.

    Attributes:
        items: Work items that name it; an item in two versions counts in both.
        remaining_keys: Those that are open: what nobody has begun comes first.
        not_started: How many of these nobody has begun.
    """

    version_id: str
    name: str
    release_on: date
    items: int
    done: int
    not_started: int
    remaining_keys: tuple[str, ...]


VisionVerdict = Literal["on_course", "late", "unclear", "no_live_epic", "finished"]


@dataclass(frozen=True, slots=True)
class VisionState:
    """A goal of the roadmap and what works towards it.

    Attributes:
        live_epic_keys: Its epics in this project that are open.
        other_epic_keys: Its epics that are done, in another project, or not known here.
        expected_on: When the last live epic is done with 85 % likelihood; None when no forecast can be made.
    """

    vision_id: int
    title: str
    horizon: date | None
    owner_id: str | None
    live_epic_keys: tuple[str, ...]
    other_epic_keys: tuple[str, ...]
    items: int
    done: int
    expected_on: date | None
    verdict: VisionVerdict
