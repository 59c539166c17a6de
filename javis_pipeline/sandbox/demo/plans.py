"""What the demo's teams planned: one `Plan` an issue, in the order in which the teams thought of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Adf = dict[str, Any]
State = Literal["todo", "progress", "review", "done"]


@dataclass(frozen=True)
class Epic:
    """A goal of some months. `due` is in days from today."""

    handle: str
    title: str
    why: str
    who: str
    due: int | None = None
    done: bool = False


@dataclass(frozen=True)
class Plan:
    """One issue and what became of it.

    Args:
        title: Its summary.
        epic: Handle of its epic; None for what belongs to none.
        sprint: Sprints from the running one (0): negative for past ones, 1 for the next; None for the backlog.
        who: Name of the assignee; None for nobody.
        points: Story points; None for no estimate.
        kind: Issue type.
        state: How far it is. None: done in a past sprint, else not begun.
        why: Description, one paragraph; `rich` is a whole document instead.
        handle: Short name by which links, pages and messages speak of it.
        priority: Name of its priority.
        labels: Labels.
        due: Days from today.
        blocks: Handles of what waits for it.
        idle: Days without movement, for what is in progress or review.
        late: It came into the running sprint after that had begun.
        carried: Sprints that it was carried over.
        reopened: It was finished once and came back.
        talk: Comments: (name, text).
    """

    title: str
    epic: str | None
    sprint: int | None
    who: str | None
    points: float | None = None
    kind: str = "Story"
    state: State | None = None
    why: str = ""
    rich: str = ""
    handle: str = ""
    priority: str = "Medium"
    labels: tuple[str, ...] = ()
    due: int | None = None
    blocks: tuple[str, ...] = ()
    idle: int | None = None
    late: bool = False
    carried: int = 0
    reopened: bool = False
    talk: tuple[tuple[str, str], ...] = ()

    @property
    def outcome(self) -> State:
        """How far it is."""
        if self.state is not None:
            return self.state
        return "done" if self.sprint is not None and self.sprint < 0 else "todo"


@dataclass(frozen=True)
class Team:
    """A project with its people and everything they planned."""

    key: str
    name: str
    lead: str
    people: tuple[str, ...]
    sprint_name: str
    first_sprint: int
    goals: tuple[str, ...]
    epics: tuple[Epic, ...]
    plans: tuple[Plan, ...]
    small_talk: tuple[str, ...]
    documents: Mapping[str, Adf] = field(default_factory=dict)
