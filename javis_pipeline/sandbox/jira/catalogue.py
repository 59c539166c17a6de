"""The named things of a Jira site: statuses, priorities, types, link types, sprints, boards, projects."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

# What an issue has that nobody gave another one.
USUAL_PRIORITY = "3"


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Named)


class Register(Generic[T]):
    """Things by id and by name; names are compared without regard to case. Order is the order of arrival."""

    def __init__(self, things: Iterable[T] = ()) -> None:
        self._by_id: dict[str, T] = {}
        self._by_name: dict[str, T] = {}
        self.fill(things)

    def add(self, thing: T) -> T:
        """Adds a thing, or replaces the one with its id. The first of a name keeps the name."""
        self._by_id[thing.id] = thing
        if self._by_name.setdefault(thing.name.lower(), thing).id == thing.id:
            self._by_name[thing.name.lower()] = thing
        return thing

    def fill(self, things: Iterable[T]) -> None:
        """Holds these things from now on and no others."""
        self._by_id.clear()
        self._by_name.clear()
        for thing in things:
            self.add(thing)

    def get(self, id_: str | None) -> T | None:
        """The thing with this id."""
        return None if id_ is None else self._by_id.get(id_)

    def named(self, name: str) -> T | None:
        """The thing with this name."""
        return self._by_name.get(name.lower())

    def found(self, word: str) -> T | None:
        """The thing with this id or this name."""
        return self._by_id.get(word) or self._by_name.get(word.lower())

    def __getitem__(self, id_: str) -> T:
        """The thing with this id; KeyError when there is none."""
        return self._by_id[id_]

    def __iter__(self) -> Iterator[T]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def position(self, id_: str) -> int:
        """Place of an id in the order of arrival."""
        return list(self._by_id).index(id_)


@dataclass(frozen=True)
class Category:
    """One of Jira's fixed status categories; `key` is new, indeterminate or done."""

    id: int
    key: str
    name: str
    color: str


CATEGORIES = {
    category.key: category
    for category in (
        Category(2, "new", "To Do", "blue-gray"),
        Category(4, "indeterminate", "In Progress", "yellow"),
        Category(3, "done", "Done", "green"),
    )
}


@dataclass(frozen=True)
class Status:
    """A status; `category` is a key of CATEGORIES."""

    id: str
    name: str
    category: str


@dataclass(frozen=True)
class Priority:
    """A priority; the most urgent comes first in its register."""

    id: str
    name: str


@dataclass(frozen=True)
class IssueType:
    """An issue type; `level` is 1 for epics, 0 for ordinary issues, -1 for sub-tasks."""

    id: str
    name: str
    level: int = 0

    @property
    def subtask(self) -> bool:
        """Whether its issues live under another issue."""
        return self.level < 0


@dataclass(frozen=True)
class Resolution:
    """How an issue was brought to an end."""

    id: str
    name: str


@dataclass(frozen=True)
class LinkType:
    """A kind of link, with the words for each direction."""

    id: str
    name: str
    inward: str
    outward: str


@dataclass
class Sprint:
    """A sprint; `state` is future, active or closed."""

    number: int
    name: str
    state: str
    board_id: int
    start: datetime | None = None
    end: datetime | None = None
    complete: datetime | None = None
    goal: str = ""

    @property
    def id(self) -> str:
        """The number as text, as registers and changelogs hold it."""
        return str(self.number)


@dataclass(frozen=True)
class Board:
    """A scrum board over one project."""

    number: int
    name: str
    project: str


@dataclass(frozen=True)
class Transition:
    """One edge of a workflow.

    Args:
        id: Id within its workflow.
        name: What the button says.
        to: Status id it leads to.
        origins: Status ids it starts from; None for everywhere.
        required: Ids of fields that its screen demands.
        optional: Ids of further fields on its screen.
    """

    id: str
    name: str
    to: str
    origins: frozenset[str] | None = None
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def starts_from(self, status_id: str) -> bool:
        """Whether it can be taken by an issue in this status; never leads to where it starts."""
        return status_id != self.to and (self.origins is None or status_id in self.origins)


@dataclass
class Project:
    """A project; `components` and `versions` are ids by name. In a `read_only` one the API changes nothing.

    Attributes:
        release_dates: By the name of the version.
        released: Names of versions.
        shelved: Names of versions that are archived: they stay where they are, and cannot be chosen any more.
    """

    id: str
    key: str
    name: str
    lead: str | None = None
    last_number: int = 0
    archived: bool = False
    hidden: bool = False
    read_only: bool = False
    is_service: bool = False
    workflow: list[Transition] = field(default_factory=list)
    components: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    release_dates: dict[str, date] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    shelved: set[str] = field(default_factory=set)


def standard_statuses() -> list[Status]:
    """The statuses every site begins with."""
    return [
        Status("10000", "To Do", "new"),
        Status("3", "In Progress", "indeterminate"),
        Status("10001", "In Review", "indeterminate"),
        Status("10002", "Done", "done"),
    ]


def standard_priorities() -> list[Priority]:
    """The priorities every site begins with."""
    names = ("Highest", "High", "Medium", "Low", "Lowest")
    return [Priority(str(number), name) for number, name in enumerate(names, 1)]


def standard_types() -> list[IssueType]:
    """The issue types every site begins with."""
    return [
        IssueType("10000", "Epic", 1),
        IssueType("10001", "Story"),
        IssueType("10002", "Task"),
        IssueType("10003", "Sub-task", -1),
        IssueType("10004", "Bug"),
    ]


def standard_resolutions() -> list[Resolution]:
    """The resolutions every site begins with."""
    names = ("Done", "Won't Do", "Duplicate", "Cannot Reproduce")
    return [Resolution(str(10000 + number), name) for number, name in enumerate(names)]


def standard_link_types() -> list[LinkType]:
    """The link types every site begins with."""
    return [
        LinkType("10000", "Blocks", "is blocked by", "blocks"),
        LinkType("10001", "Cloners", "is cloned by", "clones"),
        LinkType("10002", "Duplicate", "is duplicated by", "duplicates"),
        LinkType("10003", "Relates", "relates to", "relates to"),
    ]
