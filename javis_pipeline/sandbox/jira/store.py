"""Everything a Jira site knows, and the one door by which an issue changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from javis_pipeline.sandbox.ground import Ground, Happened
from javis_pipeline.sandbox.jira import catalogue, wiki
from javis_pipeline.sandbox.jira.catalogue import Board, Project, Register, Sprint
from javis_pipeline.sandbox.jira.data_center.directory import Directory
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.jira.fields import FieldCatalogue
from javis_pipeline.sandbox.jira.issues import (
    Change,
    ChangeItem,
    Comment,
    Ghost,
    Issue,
    IssueState,
    Link,
    RichText,
    WikiText,
)
from javis_pipeline.sandbox.jira.packing import unpack


@dataclass
class Behaviour:
    """How awkward the site is.

    Args:
        bad_login: What a wrong token gets: `anonymous` sees nothing and is told 200, `refused` is told 401.
        time_zone: The zone timestamps are printed in.
        index_lag: How long a change stays unknown to the search.
        index_lag_chance: Share of changes that are late in the search.
        flicker: Chance of each hit to be missing from a search result for this once.
        short_batches: Chance of each search result to hold fewer issues than it could.
        repeated_batches: Chance of each search result but the first to be given again, with the token it was asked by.
        most_with_fields: Most issues in one search result when more than id and key is asked for.
        limits: Whether rate limits hold.
        administrators: Whether callers are administrators, who alone may edit without notifying.
        keeps_history_metadata: Whether changelogs give back the `historyMetadata` of an edit.
        missing_field_ids: Share of changelog items without their `fieldId`.
        absent_fields: Chance of each asked field to be missing from an issue, as when loading it failed.
        left_out: Ids of fields that no issue shows.
        comments_shown: Most comments inside an issue; the rest is only in the comment list.
        traps: What goes wrong on Data Center.
    """

    bad_login: str = "anonymous"
    time_zone: str = "Europe/Berlin"
    index_lag: timedelta = timedelta(0)
    index_lag_chance: float = 1.0
    flicker: float = 0.0
    short_batches: float = 0.1
    repeated_batches: float = 0.0
    most_with_fields: int = 100
    limits: bool = False
    administrators: bool = False
    keeps_history_metadata: bool = True
    missing_field_ids: float = 0.2
    absent_fields: float = 0.0
    left_out: frozenset[str] = frozenset()
    comments_shown: int = 100
    traps: frozenset[Trap] = frozenset()


class JiraStore:
    """The state of a site. Callers hold `ground.lock`."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.behaviour = Behaviour()
        self.fields = FieldCatalogue(ground.random("jira-fields"), edition=ground.edition)
        self.directory = Directory(ground.people)
        self.chance = ground.random("jira")
        self.changes = 0
        self.statuses = Register(catalogue.standard_statuses())
        self.priorities = Register(catalogue.standard_priorities())
        self.types = Register(catalogue.standard_types())
        self.resolutions = Register(catalogue.standard_resolutions())
        self.link_types = Register(catalogue.standard_link_types())
        self.sprints: Register[Sprint] = Register()
        self.boards: dict[int, Board] = {}
        self.projects: dict[str, Project] = {}
        self.issues: dict[int, Issue] = {}
        self.ghosts: dict[int, Ghost] = {}
        # Also the keys that issues had before they moved: Jira finds them under those for ever.
        self.ids_by_key: dict[str, int] = {}
        self.ids_by_project: dict[str, dict[int, None]] = {}
        self._ghost_ids: dict[str, int] = {}
        self._late: dict[int, list[tuple[datetime, IssueState | None]]] = {}
        self._last_id = 10000

    # -- finding

    @property
    def zone(self) -> ZoneInfo:
        """The zone timestamps are printed in."""
        return ZoneInfo(self.behaviour.time_zone)

    def now(self) -> datetime:
        """The moment, to the millisecond, as Jira keeps it."""
        now = self.ground.clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def find(self, id_or_key: str) -> Issue | None:
        """The issue with this id or with this key, now or once; None when there is none to be seen."""
        number = int(id_or_key) if id_or_key.isdecimal() else self.ids_by_key.get(id_or_key.upper())
        issue = None if number is None else self.issues.get(number)
        return issue if issue is not None and self.is_visible(issue) else None

    def is_visible(self, issue: Issue) -> bool:
        """Whether people can open it."""
        return not issue.hidden and not self.projects[issue.state.project].hidden

    def visible_projects(self) -> list[Project]:
        """Projects people can see, by key."""
        return [p for _, p in sorted(self.projects.items()) if not p.hidden and not p.archived]

    def project(self, id_or_key: str) -> Project | None:
        """The visible project with this id or key."""
        return next((p for p in self.visible_projects() if id_or_key.upper() in (p.id, p.key)), None)

    def searchable(self, projects: Iterable[str]) -> Iterator[IssueState]:
        """What the search knows of the issues of some projects: late, if the index lags."""
        self._catch_up()
        # Of two nodes one is up to date.
        is_quick = Trap.TWO_NODES in self.behaviour.traps and self.chance.random() < 0.5
        late = {} if is_quick else self._late
        wanted = set(projects)
        for key in wanted:
            project = self.projects.get(key)
            if project is None or project.hidden or project.archived:
                continue
            for id_ in self.ids_by_project.get(key, ()):
                issue = self.issues[id_]
                if id_ not in late and not issue.hidden and not issue.archived:
                    yield issue.state
        for id_, views in late.items():
            seen = views[0][1]
            known = self.issues.get(id_)
            if seen is not None and seen.project in wanted and (known is None or not (known.hidden or known.archived)):
                yield seen

    def rich_text(self, text: RichText | None) -> dict[str, Any] | None:
        """A text as a document; wiki markup is converted."""
        return wiki.to_adf(text.source) if isinstance(text, WikiText) else text

    def comments(self, issue: Issue) -> list[Comment]:
        """The comments of an issue, oldest first, to read."""
        # Not kept unpacked: whoever reads all issues of a big project would fill the memory with them.
        return issue.comments if issue.packed_comments is None else unpack(issue.packed_comments)

    def own_comments(self, issue: Issue) -> list[Comment]:
        """The comments of an issue, oldest first, to change."""
        issue.comments, issue.packed_comments = self.comments(issue), None
        return issue.comments

    # -- making

    def next_id(self) -> int:
        """A number no issue, comment, change or link has."""
        self._last_id += 1
        return self._last_id

    def reserve(self, id_: int) -> None:
        """Keeps `next_id` away from a number that came from outside."""
        self._last_id = max(self._last_id, id_)

    def ghost(self, key: str) -> int:
        """The id of an issue that is pointed to but not here."""
        if key not in self._ghost_ids:
            self.place_ghost(Ghost(5_000_000 + len(self.ghosts), key))
        return self._ghost_ids[key]

    def place_ghost(self, ghost: Ghost) -> None:
        """Adds an issue that is pointed to but not here."""
        self.ghosts[ghost.id] = ghost
        self._ghost_ids[ghost.key] = ghost.id

    def place(self, issue: Issue) -> Issue:
        """Adds an issue that was not there."""
        self.issues[issue.id] = issue
        self.ids_by_key[issue.state.key] = issue.id
        self.ids_by_project.setdefault(issue.state.project, {})[issue.id] = None
        self.changes += 1
        self._tell("created", issue)
        return issue

    # -- changing

    def commit(
        self,
        issue: Issue,
        state: IssueState,
        items: list[ChangeItem],
        *,
        author: str | None,
        at: datetime,
        metadata: dict[str, Any] | None = None,
    ) -> Change | None:
        """Gives an issue new values and notes in its changelog what changed; with no items nothing happens at all."""
        if not items:
            return None
        self.late(issue)
        self._rehome(issue, state)
        issue.state = replace(state, updated=_after(at, issue.state))
        change = Change(
            id=self.next_id(),
            author=author,
            created=at,
            items=tuple(self._incomplete(item) for item in items),
            metadata=metadata if self.behaviour.keeps_history_metadata else None,
        )
        issue.history.append(change)
        self.touch(issue)
        return change

    def bump(self, issue: Issue, at: datetime) -> None:
        """Changes `updated` and nothing else."""
        self.late(issue)
        issue.state = replace(issue.state, updated=_after(at, issue.state))
        self.touch(issue)

    def touch(self, issue: Issue) -> None:
        """Says that the issue looks different from now on, and so do those that show something of it."""
        self.changes += 1
        issue.version += 1
        self._tell("updated", issue)
        around = [link.source if link.destination == issue.id else link.destination for link in issue.links]
        for id_ in (*around, *issue.children, *([issue.state.parent_id] if issue.state.parent_id else [])):
            if (other := self.issues.get(id_)) is not None:
                other.version += 1

    def touch_all(self) -> None:
        """Says that something changed that many issues show: a sprint, a person, a name."""
        self.changes += 1
        for issue in self.issues.values():
            issue.version += 1

    def adopt(self, child: Issue, parent_id: int | None) -> None:
        """Keeps the children of parents in step; call before the child's state changes."""
        old = self.issues.get(child.state.parent_id or 0)
        if old is not None and child.id in old.children:
            old.children.remove(child.id)
            old.version += 1
        new = self.issues.get(parent_id or 0)
        if new is not None and child.id not in new.children:
            new.children.append(child.id)
            new.version += 1

    def add_link(self, type_id: str, source: int, destination: int) -> Link:
        """Links two issues; one of them may be a ghost."""
        link = Link(self.next_id(), type_id, source, destination)
        for id_ in (source, destination):
            if (end := self.issues.get(id_)) is not None:
                end.links.append(link)
                self.touch(end)
        return link

    def remove(self, issue: Issue) -> None:
        """The issue is gone, with its links and comments; children lose their parent."""
        self.late(issue)
        for link in list(issue.links):
            other = self.issues.get(link.source if link.destination == issue.id else link.destination)
            if other is not None:
                other.links.remove(link)
                other.version += 1
        self.adopt(issue, None)
        for child in (self.issues[id_] for id_ in issue.children if id_ in self.issues):
            child.state = replace(child.state, parent_id=None)
            child.version += 1
        del self.issues[issue.id]
        del self.ids_by_project[issue.state.project][issue.id]
        self.ids_by_key = {key: id_ for key, id_ in self.ids_by_key.items() if id_ != issue.id}
        self.changes += 1
        self._tell("deleted", issue)

    def _tell(self, what: str, issue: Issue) -> None:
        self.ground.tell(Happened("jira", what, str(issue.id), issue.state.key))

    def late(self, issue: Issue, *, is_new: bool = False) -> None:
        """Lets the search index miss the change that is about to be made, if it lags."""
        lag = self.behaviour.index_lag
        if lag and self.chance.random() < self.behaviour.index_lag_chance:
            seen = None if is_new else issue.state
            self._late.setdefault(issue.id, []).append((self.ground.clock.now() + lag, seen))

    def _catch_up(self) -> None:
        now = self.ground.clock.now()
        for id_, views in list(self._late.items()):
            while views and views[0][0] <= now:
                views.pop(0)
            if not views:
                del self._late[id_]

    def _rehome(self, issue: Issue, state: IssueState) -> None:
        if state.parent_id != issue.state.parent_id:
            self.adopt(issue, state.parent_id)
        if state.key != issue.state.key:
            del self.ids_by_project[issue.state.project][issue.id]
            self.ids_by_project.setdefault(state.project, {})[issue.id] = None
            self.ids_by_key[state.key] = issue.id

    def _incomplete(self, item: ChangeItem) -> ChangeItem:
        if item.field_id and self.chance.random() < self.behaviour.missing_field_ids:
            return replace(item, field_id=None)
        return item


def _after(at: datetime, state: IssueState) -> datetime:
    # Two changes never share a moment, even when the clock stands still: `updated` tells that something changed.
    return at if at > state.updated else state.updated + timedelta(milliseconds=1)
