"""What a Jira issue is inside the sandbox."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

Adf = dict[str, Any]


class WikiText(NamedTuple):
    """Rich text that came as wiki markup and becomes a document when somebody asks for it."""

    source: str


RichText = WikiText | Adf


@dataclass(frozen=True, slots=True)
class IssueState:
    """The values of an issue at one moment. Replaced as a whole, so that the lagging search index can keep an old one.

    People are account ids; statuses, priorities, types, resolutions are ids; the parent and the sprints are numbers.
    """

    id: int
    key: str
    project: str
    type_id: str
    status_id: str
    summary: str | None
    reporter: str | None
    creator: str | None
    created: datetime
    updated: datetime
    priority_id: str | None = None
    resolution_id: str | None = None
    description: RichText | None = None
    environment: RichText | None = None
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    fix_versions: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    assignee: str | None = None
    resolved: datetime | None = None
    status_changed: datetime | None = None
    due: date | None = None
    parent_id: int | None = None
    sprint_ids: tuple[int, ...] = ()
    story_points: float | None = None
    flagged: bool = False
    # Estimates and time spent that came with the issue, as the API shows them.
    time_tracking: dict[str, Any] = field(default_factory=dict)
    # Custom fields without a meaning of their own, by field id, in the form the API shows.
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Comment:
    """One comment; `updated` equals `created` until it is edited.

    `role` names the only role that may read it; `internal` hides it from customers of a service project. `editor` is
    who edited it last; `properties` are what apps note on it.
    """

    id: int
    author: str | None
    body: RichText
    created: datetime
    updated: datetime
    role: str | None = None
    internal: bool = False
    editor: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """One changed field in a changelog entry, as Jira words it."""

    field: str
    fieldtype: str
    field_id: str | None
    from_id: str | None
    from_text: str | None
    to_id: str | None
    to_text: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One changelog entry."""

    id: int
    author: str | None
    created: datetime
    items: tuple[ChangeItem, ...]
    metadata: dict[str, Any] | None = None


@dataclass(slots=True)
class Worklog:
    """Time somebody spent, with what they say of it; `updated` equals `created` until it is edited.

    `editor` is who edited it last; `properties` are what apps note on it.
    """

    id: int
    author: str
    started: datetime
    seconds: int
    role: str | None = None
    text: RichText | None = None
    created: datetime | None = None
    updated: datetime | None = None
    editor: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that somebody attached; its name is whatever they called it."""

    id: int
    author: str
    name: str
    mime_type: str
    content: bytes
    created: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """`source` is what the outward words speak of: source "blocks" destination."""

    id: int
    type_id: str
    source: int
    destination: int


@dataclass(slots=True)
class Issue:
    """An issue: what it is now, and what belongs to it.

    `hidden` and `archived` take it out of everybody's sight; `security` is the level that leaves it to some. `version`
    grows with everything that changes how the issue looks, also with changes of its parent and of linked issues.
    """

    id: int
    state: IssueState
    comments: list[Comment] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)
    worklogs: list[Worklog] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    children: list[int] = field(default_factory=list)
    # Comments of a loaded file that nobody looked at yet: compressed, because they are most of its bytes.
    packed_comments: bytes | None = None
    hidden: bool = False
    archived: bool = False
    security: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Ghost:
    """An issue that others point to and nobody can open: in a project that is not here."""

    id: int
    key: str
