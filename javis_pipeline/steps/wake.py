"""Which projects should be synced now, because somebody edited here or decided a conflict.

This only wakes a run up: what has to be sent is in the tables, and the schedule sends what a wake-up missed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from javis_pipeline.db.connection import Database
from javis_pipeline.db.local_edits import read_journal
from javis_pipeline.records.values import ScopeRef

ProjectOf = Callable[[ScopeRef], str | None]


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered from one look to the next.

    Attributes:
        read_to: How far the journal is read; None before the first look.
        waiting: Projects with edits whose run has to wait for one that is under way.
        wishes: Decided conflicts and wishes for another try that a run was woken for and has not done yet, by id.
    """

    read_to: int | None = None
    waiting: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Woken:
    """Projects to sync now, those that have to wait, and what to remember."""

    projects: tuple[str, ...]
    memory: Memory = field(default_factory=Memory)


def wake(
    db: Database,
    memory: Memory,
    *,
    projects: Iterable[str],
    project_of: ProjectOf,
    is_busy: Callable[[str], bool],
) -> Woken:
    """Look at the journal. The first look wakes every project: whoever switches the sync on wants all in step.

    A project that is being synced already waits for that run to end: it may have begun before the edit. Edits in scopes
    that are not configured any more wake nobody.

    Args:
        db: The product's database.
        memory: What the last look remembered.
        projects: All projects.
        project_of: Project of a scope; None for one that nobody named.
        is_busy: Whether a run of this project is under way.
    """
    journal = read_journal(db, memory.read_to)
    fresh = {scope for wish, scope in journal.wishes.items() if wish not in memory.wishes}
    edited = {project for scope in (*journal.edited, *fresh) if (project := project_of(scope)) is not None}
    first = projects if memory.read_to is None else ()
    candidates = sorted({*edited, *memory.waiting, *first})
    waiting = tuple(project for project in candidates if is_busy(project))
    ready = tuple(project for project in candidates if project not in waiting)
    return Woken(ready, Memory(journal.read_to, waiting, tuple(sorted(journal.wishes))))
