"""The people of a project, and how much they have."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """A person that the context names."""

    account_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """The open work of one person in the project (no epics, and no issue whose sub-tasks are still open).

    People of whose issues nobody touched any for very long are no part of the workload.

    Attributes:
        finished_last_4_weeks: The pace to compare with.
        components: Those that most of their work was on.
        moving: Of those in progress, the ones that somebody touched within `Thresholds.forgotten_days`.
    """

    account_id: str
    in_progress: int
    open: int
    in_sprint: int
    overdue: int
    finished_last_4_weeks: int
    components: tuple[str, ...] = ()
    moving: int = 0
