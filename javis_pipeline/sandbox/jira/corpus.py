"""Reading issues from files: gzipped lines of JSON, one issue each, texts in wiki markup."""

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson

from javis_pipeline.sandbox.jira.catalogue import (
    Board,
    IssueType,
    LinkType,
    Priority,
    Project,
    Resolution,
    Sprint,
    Status,
)
from javis_pipeline.sandbox.jira.issues import Issue, IssueState, WikiText
from javis_pipeline.sandbox.jira.packing import pack
from javis_pipeline.sandbox.jira.store import JiraStore
from javis_pipeline.sandbox.jira.workflows import loaded_workflow
from javis_pipeline.sandbox.people import Person

Row = dict[str, Any]


def load_files(store: JiraStore, files: Iterable[Path]) -> int:
    """Adds the issues of all files and says how many there are.

    Ids, keys and oddities are kept. A parent or link may point into another of the files, or to an issue that is in
    none: that one is a ghost.

    Raises:
        OSError: A file cannot be read.
        ValueError: A line is not an issue; the message names file and line.
    """
    paths = list(files)
    for file in paths:
        for row in _rows(file):
            store.ids_by_key[row["key"]] = int(row["id"])
            store.reserve(max([int(row["id"]), *(int(comment["id"]) for comment in row.get("comments") or ())]))
    loading = _Loading(store)
    for file in paths:
        for row in _rows(file):
            loading.add(row)
    loading.finish()
    return loading.count


def _rows(file: Path) -> Iterator[Row]:
    with gzip.open(file) as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = orjson.loads(line)
                int(row["id"])
                row["key"].rsplit("-", 1)
            except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
                raise ValueError(f"{file}, line {number}: not an issue with key and id ({error})") from error
            yield row


class _Loading:
    def __init__(self, store: JiraStore) -> None:
        self._store = store
        # How many of each kind between two issues: both tell of them.
        self._links: Counter[tuple[str, int, int]] = Counter()
        self._statuses: dict[str, dict[str, Status]] = {}
        self.count = 0

    def add(self, row: Row) -> None:
        store = self._store
        project = self._project(row["key"].rsplit("-", 1)[0])
        project.last_number = max(project.last_number, int(row["key"].rsplit("-", 1)[1]))
        comments = row.get("comments")
        issue = Issue(int(row["id"]), self._state(row, project), packed_comments=pack(comments) if comments else None)
        store.place(issue)
        for account in (row.get("assignee"), row.get("reporter"), *(c["author"] for c in comments or ())):
            self._person(account)
        self._links |= Counter(self._link(issue.id, link) for link in row.get("links") or ())
        self.count += 1

    def finish(self) -> None:
        store = self._store
        for issue in store.issues.values():
            parent = store.issues.get(issue.state.parent_id or 0)
            if parent is not None and issue.id not in parent.children:
                parent.children.append(issue.id)
        for type_id, source, destination in sorted(self._links.elements()):
            store.add_link(type_id, source, destination)
        for place, (key, statuses) in enumerate(sorted(self._statuses.items()), 1):
            store.projects[key].workflow = loaded_workflow(list(statuses.values()), first_id=1000 * place)
        store.priorities.fill(sorted(store.priorities, key=_rank))

    def _state(self, row: Row, project: Project) -> IssueState:
        status = self._status(project, row["status"], row.get("status_category") or "new")
        updated = datetime.fromisoformat(row["updated"])
        resolved = datetime.fromisoformat(row["resolved"]) if row.get("resolved") else None
        return IssueState(
            id=int(row["id"]),
            key=row["key"],
            project=project.key,
            type_id=self._type(row["type"], subtask=bool(row.get("subtask"))),
            status_id=status.id,
            summary=row["summary"],
            reporter=row.get("reporter"),
            creator=row.get("creator"),
            created=datetime.fromisoformat(row["created"]),
            updated=updated,
            priority_id=self._priority(row.get("priority")),
            resolution_id=self._resolution(row.get("resolution")),
            description=self._text(row.get("description")),
            environment=self._text(row.get("environment")),
            labels=tuple(row.get("labels") or ()),
            components=self._names(project.components, row.get("components")),
            fix_versions=self._names(project.versions, row.get("fix_versions")),
            versions=self._names(project.versions, row.get("versions")),
            assignee=row.get("assignee"),
            resolved=resolved,
            status_changed=resolved or updated,
            due=date.fromisoformat(row["due"]) if row.get("due") else None,
            parent_id=self._parent(row),
            sprint_ids=tuple(self._sprint(project, sprint) for sprint in row.get("sprints") or ()),
            story_points=row.get("story_points"),
            flagged=bool(row.get("flagged")),
            time_tracking=dict(row.get("timetracking") or {}),
            custom=self._custom(row),
        )

    def _project(self, key: str) -> Project:
        store = self._store
        if key not in store.projects:
            number = 10100 + len(store.projects)
            store.projects[key] = Project(str(number), key, f"{key.title()} project")
            store.boards[len(store.boards) + 1] = Board(len(store.boards) + 1, f"{key} board", key)
        return store.projects[key]

    def _status(self, project: Project, name: str, category: str) -> Status:
        status = self._store.statuses.named(name)
        if status is None or status.category != category:
            status = self._store.statuses.add(Status(str(10100 + len(self._store.statuses)), name, category))
        self._statuses.setdefault(project.key, {})[status.id] = status
        return status

    def _text(self, text: str | None) -> WikiText | None:
        """An empty text is one where a company runs its Jira by itself; in the cloud it is none."""
        is_one = text is not None and (text or self._store.ground.edition == "data-center")
        return WikiText(text or "") if is_one else None

    def _type(self, name: str, *, subtask: bool) -> str:
        types = self._store.types
        known = types.named(name)
        level = -1 if subtask else 1 if name == "Epic" else 0
        return (known or types.add(IssueType(str(10100 + len(types)), name, level))).id

    def _priority(self, name: str | None) -> str | None:
        if name is None:
            return None
        priorities = self._store.priorities
        return (priorities.named(name) or priorities.add(Priority(str(10100 + len(priorities)), name))).id

    def _resolution(self, name: str | None) -> str | None:
        if name is None:
            return None
        known = self._store.resolutions
        return (known.named(name) or known.add(Resolution(str(10100 + len(known)), name))).id

    def _names(self, ids: dict[str, str], names: list[str] | None) -> tuple[str, ...]:
        for name in names or ():
            ids.setdefault(name, str(20000 + len(ids)))
        return tuple(names or ())

    def _parent(self, row: Row) -> int | None:
        key = row.get("parent") or (row.get("epic") or {}).get("key")
        return None if key is None or key == row["key"] else self._id_of(key)

    def _id_of(self, key: str) -> int:
        return self._store.ids_by_key.get(key) or self._store.ghost(key)

    def _sprint(self, project: Project, row: Row) -> int:
        number = int(row["id"])
        if self._store.sprints.get(str(number)) is None:
            board = next(board.number for board in self._store.boards.values() if board.project == project.key)
            start, end, complete = (_instant(row.get(name)) for name in ("startDate", "endDate", "completeDate"))
            self._store.sprints.add(Sprint(number, row["name"], row["state"].lower(), board, start, end, complete))
        return number

    def _custom(self, row: Row) -> dict[str, Any]:
        fields = self._store.fields
        custom: dict[str, Any] = {}
        if row["type"] == "Epic":
            custom[fields.epic_name.id] = (row.get("epic") or {}).get("name") or row["summary"]
        if row.get("sprints") and int(row["id"]) % 7 == 0:
            custom[fields.old_sprint.id] = f"Imported sprint {int(row['id']) % 90}"
        return custom

    def _person(self, account: str | None) -> None:
        people = self._store.ground.people
        if account is not None and people.get(account) is None:
            people.add(Person(account, f"User {account.removeprefix('user-')}"))

    def _link(self, issue: int, row: Row) -> tuple[str, int, int]:
        # Older sites have types that differ in case alone; Jira keeps them apart.
        known = next((kind for kind in self._store.link_types if kind.name == row["type"]), None)
        if known is None:
            number = str(10100 + len(self._store.link_types))
            known = self._store.link_types.add(LinkType(number, row["type"], row["label"], row["label"]))
        outward = row["dir"] == "outward"
        known = self._store.link_types.add(replace(known, **{"outward" if outward else "inward": row["label"]}))
        other = self._id_of(row["key"])
        return (known.id, issue, other) if outward else (known.id, other, issue)


# What priorities of all sorts of sites are called, the most urgent first: an import brings them as it meets them.
_RANKS = (
    *("blocker", "critical", "highest", "urgent", "high", "major", "medium", "normal", "minor", "low", "lowest"),
    "trivial",
)


def _rank(priority: Priority) -> int:
    """Its place; behind all others what has no rank of its own, like None."""
    name = priority.name.lower()
    return _RANKS.index(name) if name in _RANKS else len(_RANKS)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
